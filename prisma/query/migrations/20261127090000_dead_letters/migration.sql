-- What it parks is published: the read model has an outbox as well.
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "slot" SMALLINT NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT,
    "headers" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);
-- Rows live for milliseconds: vacuum early and unthrottled, and never take the exclusive lock that truncating needs.
ALTER TABLE outbox SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = false
);
