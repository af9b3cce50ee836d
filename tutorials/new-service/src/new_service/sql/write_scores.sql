-- The results of jobs; a job has one.
INSERT INTO scores (
    job_id, delivery_id, probability, band, reasons, model_name, model_version
)
SELECT job_id, delivery_id, probability, band, reasons, %(model)s, version
FROM jsonb_to_recordset(%(rows)s) AS result (
    job_id uuid, delivery_id text, probability float8, band text, reasons jsonb, version bigint
)
