-- Write down which model version came of a retrain.
UPDATE jobs SET payload = payload || jsonb_build_object('trained_version', %(version)s::bigint)
WHERE id = %(id)s
