-- Only sagas that wait for a moment are looked for by it; the others stay out of the index.
CREATE INDEX sagas_wake_at_idx ON sagas (wake_at) WHERE wake_at IS NOT NULL;
-- Every row is rewritten a few times within seconds, then never again: room on its page for that, without a new index
-- entry as long as its wake-up time stays (heap-only tuples).
ALTER TABLE sagas SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
