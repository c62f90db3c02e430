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

-- CreateTable
CREATE TABLE "projection_checkpoints" (
    "projection" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "position" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "projection_checkpoints_pkey" PRIMARY KEY ("projection","topic","partition")
);

-- CreateTable
CREATE TABLE "order_views" (
    "order_id" UUID NOT NULL,
    "customer_id" TEXT,
    "placed_at" TIMESTAMPTZ(3),
    "placed" JSON,
    "status" TEXT NOT NULL,
    "progress" JSON NOT NULL,
    "timeline" TEXT NOT NULL,

    CONSTRAINT "order_views_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "sales_per_minute" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "currency" TEXT NOT NULL,
    "orders" INTEGER NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "sales_per_minute_pkey" PRIMARY KEY ("minute","currency")
);

-- CreateIndex
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_key" ON "parked_messages"("consumer", "topic", "partition", "offset");

-- CreateIndex
CREATE INDEX "order_views_placed_at_order_id_idx" ON "order_views"("placed_at" DESC, "order_id");

-- CreateIndex
CREATE INDEX "order_views_customer_id_placed_at_idx" ON "order_views"("customer_id", "placed_at" DESC);

-- Asked in every transaction of a consumer; usually empty.
CREATE INDEX "parked_messages_blocked_keys" ON "parked_messages" ("consumer", "topic", "key", "id") WHERE "blocks_key";

-- What the retrier looks at: never a dead letter.
CREATE INDEX "parked_messages_due" ON "parked_messages" ("consumer", "next_attempt_at") WHERE "status" <> 'dead';

-- A few rows that every transaction updates: room on their pages keeps the updates off the index.
ALTER TABLE projection_checkpoints SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- A row is rewritten with every fact about its order and then left alone: room on its page for that, so that the
-- indexes, whose columns change once, need no new entries (heap-only tuples).
-- It grows to some 3 KB: kept whole on its page, where PostgreSQL would begin to compress at 2 KB.
ALTER TABLE order_views SET (fillfactor = 60, toast_tuple_target = 8160);
