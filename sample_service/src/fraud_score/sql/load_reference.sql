-- Make the bins of a model version those given, whatever was there before, in one step.
WITH given AS (
    SELECT feature, bin, upper, share
    FROM jsonb_to_recordset(%(bins)s) AS bins (feature text, bin int, upper float8, share float8)
),

surplus AS (
    DELETE FROM reference_bins
    WHERE model_version = %(model_version)s
        AND (feature, bin) NOT IN (SELECT feature, bin FROM given)
)

INSERT INTO reference_bins (model_version, feature, bin, upper, share)
SELECT %(model_version)s, feature, bin, upper, share FROM given
ORDER BY feature, bin
ON CONFLICT (model_version, feature, bin)
DO UPDATE SET upper = excluded.upper, share = excluded.share
