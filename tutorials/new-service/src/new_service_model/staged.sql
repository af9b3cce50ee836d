-- From texts, as in the files, to what the service's tables have. The local hour is in the text only.
ALTER TABLE deliveries ADD COLUMN local_hour smallint;
UPDATE deliveries SET local_hour = substring(planned_at FROM 12 FOR 2)::smallint;
ALTER TABLE deliveries
    ALTER COLUMN planned_at TYPE timestamptz USING planned_at::timestamptz,
    ALTER COLUMN received_at TYPE timestamptz USING received_at::timestamptz;
ALTER TABLE labels
    ALTER COLUMN reported_at TYPE timestamptz USING reported_at::timestamptz;

-- A courier's deliveries before a moment are one range of this index; without it, a scan each.
CREATE INDEX ON deliveries (courier_id, planned_at);
ANALYZE deliveries;
ANALYZE labels;
