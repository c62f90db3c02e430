-- CreateTable
CREATE TABLE "sink_positions" (
    "partition" INTEGER NOT NULL,
    "next_offset" BIGINT NOT NULL,

    CONSTRAINT "sink_positions_pkey" PRIMARY KEY ("partition")
);

-- CreateTable
CREATE TABLE "panes" (
    "partition" INTEGER NOT NULL,
    "start" BIGINT NOT NULL,
    "pane" JSON NOT NULL,

    CONSTRAINT "panes_pkey" PRIMARY KEY ("partition","start")
);

-- CreateTable
CREATE TABLE "window_counts" (
    "step" INTEGER NOT NULL,
    "start" TIMESTAMPTZ(3) NOT NULL,
    "dimension" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "views" BIGINT NOT NULL,
    "searches" BIGINT NOT NULL,
    "baskets" BIGINT NOT NULL,
    "checkouts" BIGINT NOT NULL,
    "purchases" BIGINT NOT NULL,
    "units" BIGINT NOT NULL,
    "revenue" BIGINT NOT NULL,
    "converted" BIGINT NOT NULL,
    "late" BIGINT NOT NULL,
    "early" BIGINT NOT NULL,
    "duplicates" BIGINT NOT NULL,
    "unreadable" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "window_counts_pkey" PRIMARY KEY ("step","start","dimension","key")
);

-- CreateTable
CREATE TABLE "window_sketches" (
    "step" INTEGER NOT NULL,
    "start" TIMESTAMPTZ(3) NOT NULL,
    "visitors" JSON NOT NULL,
    "baskets" JSON NOT NULL,
    "top" JSON NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "window_sketches_pkey" PRIMARY KEY ("step","start")
);

-- CreateTable
CREATE TABLE "products" (
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "price" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,

    CONSTRAINT "products_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "reason" TEXT,
    "outcome" TEXT NOT NULL,
    "detail" TEXT,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "id" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" INTEGER NOT NULL,
    "headers" JSON NOT NULL,
    "body" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("scope","key")
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
    "value" TEXT,
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
    "order_id" TEXT,
    "attempt_log" TEXT NOT NULL DEFAULT '',
    "original" TEXT,
    "worked_by" TEXT,
    "redrive_id" TEXT,
    "redrive_released" BOOLEAN NOT NULL DEFAULT false,
    "resolution" TEXT,
    "settled_at" TIMESTAMPTZ(3),
    "digest" TEXT NOT NULL DEFAULT '',

    CONSTRAINT "parked_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "redrives" (
    "id" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "filter" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "total" INTEGER,
    "handled" INTEGER,
    "dead" INTEGER,

    CONSTRAINT "redrives_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "window_counts_expires_at_idx" ON "window_counts"("expires_at");

-- CreateIndex
CREATE INDEX "window_sketches_expires_at_idx" ON "window_sketches"("expires_at");

-- CreateIndex
CREATE INDEX "audit_entries_target_seq_idx" ON "audit_entries"("target", "seq");

-- CreateIndex
CREATE INDEX "audit_entries_actor_seq_idx" ON "audit_entries"("actor", "seq");

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- CreateIndex
CREATE INDEX "inbox_processed_at_idx" ON "inbox"("processed_at");

-- CreateIndex
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_digest_key" ON "parked_messages"("consumer", "topic", "partition", "offset", "digest");

INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, repeat('0', 64));

CREATE FUNCTION audit_entries_are_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries are neither changed nor deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_are_for_good BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_are_for_good();
CREATE TRIGGER audit_entries_are_not_truncated BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_are_for_good();

-- Rows live for milliseconds: vacuum early and unthrottled, and never take the exclusive lock that truncating needs.
ALTER TABLE outbox SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_insert_threshold = -1,
  autovacuum_vacuum_cost_delay = 0,
  vacuum_truncate = false
);

-- Asked in every transaction of a consumer; usually empty.
CREATE INDEX "parked_messages_blocked_keys" ON "parked_messages" ("consumer", "topic", "key", "id") WHERE "blocks_key";

-- What the retrier looks at: never a dead letter.
CREATE INDEX "parked_messages_due" ON "parked_messages" ("consumer", "next_attempt_at") WHERE "status" <> 'dead';

-- What a redrive has to release yet, and what became of the rest.
CREATE INDEX "parked_messages_redrive" ON "parked_messages" ("redrive_id", "id") WHERE "redrive_id" IS NOT NULL;

-- What housekeeping removes, in the order of its age.
CREATE INDEX "parked_messages_settled" ON "parked_messages" ("settled_at") WHERE "settled_at" IS NOT NULL;
CREATE INDEX "redrives_ended" ON "redrives" ("ended_at") WHERE "ended_at" IS NOT NULL;

-- Rows of what happens now are updated several times a second: room on their page, and vacuumed early.
ALTER TABLE window_counts SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
ALTER TABLE window_sketches SET (fillfactor = 50);
ALTER TABLE panes SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
