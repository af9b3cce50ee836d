-- Population stability index of each feature: how far the deliveries of a window have moved from
-- those that the model was trained on. The sum, over the bins of a feature, of
--
--     (live share - reference share) * ln(live share / reference share)
--
-- Below 0.1 nothing has changed, above 0.2 the model answers questions it was not asked before.
-- An empty bin would make the logarithm infinite: no share counts as less than 0.0001.
WITH bins AS (
    SELECT
        feature,
        bin,
        lag(upper) OVER (PARTITION BY feature ORDER BY bin) AS lower,
        upper,
        share
    FROM reference_bins
    WHERE model_version = %(model_version)s
),

-- The model sees 32 bits of each number. So must the bins, which were cut from such numbers: ln(2)
-- with 64 bits may lie in the bin beside.
live AS (
    SELECT number.key AS feature, number.value::float8::float4::float8 AS value
    FROM delivery_features AS delivery
    CROSS JOIN LATERAL jsonb_each(delivery.numbers) AS number
    WHERE delivery.computed_at >= %(window_start)s AND delivery.computed_at < %(window_end)s
),

-- --8<-- [start:psi]
counts AS (
    SELECT bins.feature, bins.bin, bins.share, count(live.value) AS live_count
    FROM bins
    LEFT JOIN live
        ON live.feature = bins.feature
        AND (bins.lower IS NULL OR live.value > bins.lower)
        AND (bins.upper IS NULL OR live.value <= bins.upper)
    GROUP BY bins.feature, bins.bin, bins.share
),

shares AS (
    SELECT
        feature,
        live_count,
        greatest(share, 0.0001) AS reference,
        greatest(
            live_count::float8 / nullif(sum(live_count) OVER (PARTITION BY feature), 0), 0.0001
        ) AS live
    FROM counts
)

SELECT
    feature,
    sum((live - reference) * ln(live / reference)) AS psi,
    sum(live_count)::bigint AS live_count
FROM shares
GROUP BY feature
ORDER BY feature
-- --8<-- [end:psi]
