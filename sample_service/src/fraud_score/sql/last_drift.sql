-- The reports of the last run of the drift job, which all have the same time.
SELECT feature, model_version, psi
FROM drift_reports
WHERE computed_at = (SELECT max(computed_at) FROM drift_reports)
