-- CreateTable
CREATE TABLE "subscriptions" (
    "id" UUID NOT NULL,
    "filter" JSON NOT NULL,
    "deliver" JSON NOT NULL,
    "state" TEXT NOT NULL,
    "off_reason" TEXT,
    "secrets" JSON NOT NULL,
    "active_since" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "retry_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription_epoch" (
    "id" INTEGER NOT NULL,
    "epoch" BIGINT NOT NULL,

    CONSTRAINT "subscription_epoch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscribed_events" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "data" JSON NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscribed_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription_deliveries" (
    "id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "subscription_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "event_id" TEXT,
    "event_type" TEXT NOT NULL,
    "event_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "leased_by" TEXT,
    "give_up_at" TIMESTAMPTZ(3) NOT NULL,
    "last_status" INTEGER,
    "last_error" TEXT,
    "ended_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "subscribed_events_created_at_idx" ON "subscribed_events"("created_at");

-- CreateIndex
CREATE INDEX "subscription_deliveries_subscription_id_seq_idx" ON "subscription_deliveries"("subscription_id", "seq");

-- CreateIndex
CREATE INDEX "subscription_deliveries_created_at_idx" ON "subscription_deliveries"("created_at");

INSERT INTO "subscription_epoch" ("id", "epoch") VALUES (1, 0);

-- What a worker looks for: what is owed to one subscriber and due, and what is owed to it before, of the same key.
CREATE INDEX "subscription_deliveries_due" ON "subscription_deliveries" ("subscription_id", "due_at") WHERE "state" = 'pending';
CREATE INDEX "subscription_deliveries_of_key" ON "subscription_deliveries" ("subscription_id", "event_key", "seq") WHERE "state" = 'pending';
