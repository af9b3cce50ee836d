-- Deliveries to learn from, with label and features, as they stood at the moment "as_of".
--
-- A report comes hours or days after the delivery. Only deliveries older than the label delay are
-- taken: of younger ones the late are still on their way, and those reported so far look better than
-- all. Labels reported after "as_of" are not seen, so that the same moment gives the same rows, today
-- and in a year. A delivery that nobody reported teaches nothing.

-- --8<-- [start:training]
WITH labelled AS (
    SELECT
        delivery.delivery_id,
        delivery.planned_at,
        label.late
    FROM deliveries AS delivery
    INNER JOIN labels AS label
        ON label.delivery_id = delivery.delivery_id
        AND label.reported_at <= %(as_of)s::timestamptz
    WHERE delivery.planned_at
        >= %(as_of)s::timestamptz - make_interval(hours => 24 * %(history_days)s::int)
        AND delivery.planned_at
        < %(as_of)s::timestamptz - make_interval(hours => 24 * %(label_delay_days)s::int)
),

features AS (
    -- include: features.sql
)

SELECT
    labelled.planned_at,
    labelled.late,
    features.*
FROM labelled
INNER JOIN features USING (delivery_id)
ORDER BY labelled.planned_at, labelled.delivery_id COLLATE "C"
-- --8<-- [end:training]
