INSERT INTO scores (
    job_id, transaction_id, probability, band, reasons, model_name, model_version
) VALUES (
    %(job_id)s, %(transaction_id)s, %(probability)s, %(band)s, %(reasons)s, %(model_name)s,
    %(model_version)s
)
