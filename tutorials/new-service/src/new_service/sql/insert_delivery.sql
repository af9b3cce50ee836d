-- Store a delivery once. No row comes back when its id is known already.
INSERT INTO deliveries (
    delivery_id, courier_id, distance_km, parcels,
    planned_at, local_hour
) VALUES (
    %(delivery_id)s, %(courier_id)s, %(distance_km)s, %(parcels)s,
    %(planned_at)s, %(local_hour)s
)
ON CONFLICT (delivery_id) DO NOTHING
RETURNING delivery_id
