-- A row is rewritten with every fact about its order and then left alone: room on its page for that, so that the
-- indexes, whose columns change once, need no new entries (heap-only tuples).
-- It grows to some 3 KB: kept whole on its page, where PostgreSQL would begin to compress at 2 KB.
ALTER TABLE order_views SET (fillfactor = 60, toast_tuple_target = 8160);
