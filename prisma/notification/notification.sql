-- Every row is updated once, soon after it was inserted: room on its page for that, and no index on what changes, so
-- that the update needs no new index entries (heap-only tuples).
ALTER TABLE notifications SET (fillfactor = 50);
