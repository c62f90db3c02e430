-- A few rows that every transaction updates: room on their pages keeps the updates off the index.
ALTER TABLE projection_checkpoints SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE projection_lanes SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
