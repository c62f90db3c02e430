-- CreateTable
CREATE TABLE "effects" (
    "id" TEXT NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "payload" JSON NOT NULL,
    "cause" JSON NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "effects_pkey" PRIMARY KEY ("key","id")
);

-- CreateTable
CREATE TABLE "events" (
    "stream_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSON NOT NULL,
    "metadata" JSON NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "transaction_id" BIGINT NOT NULL,
    "global_position" BIGSERIAL NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("stream_id","version")
);

-- CreateTable
CREATE TABLE "inbox" (
    "message_id" UUID NOT NULL,
    "consumer" TEXT NOT NULL,
    "processed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("message_id","consumer")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "slot" SMALLINT NOT NULL,
    "topic" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "headers" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "parked_messages" (
    "id" BIGSERIAL NOT NULL,
    "consumer" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "key" BYTEA,
    "message_id" TEXT,
    "type" TEXT,
    "headers" TEXT NOT NULL,
    "value" BYTEA,
    "reason" TEXT NOT NULL,
    "error" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "status" TEXT NOT NULL,
    "blocks_key" BOOLEAN NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "parked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "parked_messages_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "effects_due_at_idx" ON "effects"("due_at");

-- CreateIndex
CREATE INDEX "events_transaction_id_global_position_idx" ON "events"("transaction_id", "global_position");

-- CreateIndex
CREATE INDEX "inbox_processed_at_idx" ON "inbox" USING BRIN ("processed_at");

-- CreateIndex
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_key" ON "parked_messages"("consumer", "topic", "partition", "offset");

-- Rows live for milliseconds: vacuum early and unthrottled, and never take the exclusive lock that truncating needs.
ALTER TABLE outbox SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = false
);

-- Rows live for one call: keep the table small by vacuuming it early.
ALTER TABLE effects SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, fillfactor = 70);

-- Asked in every transaction of a consumer; usually empty.
CREATE INDEX "parked_messages_blocked_keys" ON "parked_messages" ("consumer", "topic", "key", "id") WHERE "blocks_key";

-- What the retrier looks at: never a dead letter.
CREATE INDEX "parked_messages_due" ON "parked_messages" ("consumer", "next_attempt_at") WHERE "status" <> 'dead';
