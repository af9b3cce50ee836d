-- What the model saw of deliveries; scored again, the newer row replaces the older one. In the order
-- of their ids: two workers that write the same deliveries never wait for each other in a circle.
INSERT INTO delivery_features (delivery_id, numbers)
SELECT seen ->> 'delivery_id', seen - 'delivery_id'
FROM jsonb_array_elements(%(rows)s) AS given (seen)
ORDER BY seen ->> 'delivery_id'
ON CONFLICT (delivery_id) DO UPDATE SET
    numbers = excluded.numbers, computed_at = excluded.computed_at
