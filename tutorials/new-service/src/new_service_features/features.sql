-- Features of the deliveries "ids", one row each; the same statement serves and trains.
--
-- A delivery sees only what was known when it came in: deliveries of its courier that are planned
-- before it and had been received by then. So a row never changes, however late it is computed again.
-- Deliveries of the same microsecond are ordered by their id, in the order of bytes, which is the
-- same in every database.
--
-- The courier's load is one range of the index (courier_id, planned_at), whatever the table's size.

-- --8<-- [start:compute]
SELECT
    delivery.delivery_id,
    ln(1 + delivery.distance_km) AS log_distance,
    ln(delivery.parcels::float8) AS log_parcels,
    (delivery.local_hour IN (7, 8, 9, 16, 17, 18))::int::float8 AS rush_hour,
    ln(1 + courier.deliveries_before::float8) AS courier_load
FROM deliveries AS delivery
CROSS JOIN LATERAL (
    SELECT count(*) AS deliveries_before
    FROM deliveries AS earlier
    WHERE earlier.courier_id = delivery.courier_id
        AND earlier.planned_at >= delivery.planned_at - interval '2 hours'
        AND (earlier.planned_at, earlier.delivery_id COLLATE "C")
            < (delivery.planned_at, delivery.delivery_id)
        AND earlier.received_at <= delivery.received_at
) AS courier
WHERE delivery.delivery_id = ANY(%(ids)s::text[])
-- --8<-- [end:compute]
