-- Is the delivery of this id the same as the one given? It is if what came changes nothing in it,
-- whatever columns there are.
SELECT delivery IS NOT DISTINCT FROM jsonb_populate_record(delivery, %(given)s) AS same
FROM deliveries AS delivery
WHERE delivery_id = %(id)s
