-- What a customer is told may go by several channels, each a row of its own.
ALTER TABLE "notifications"
  ADD COLUMN "campaign_id" UUID,
  ADD COLUMN "priority" TEXT,
  ADD COLUMN "tries" INTEGER,
  ADD COLUMN "replaces" TEXT,
  ADD COLUMN "released_at" TIMESTAMPTZ(3);
ALTER TABLE "notifications" DROP CONSTRAINT "notifications_pkey",
ADD CONSTRAINT "notifications_pkey" PRIMARY KEY ("order_id", "kind", "return_id", "channel");

-- How many a customer had in the last hour. Of what changes with every delivery nothing is in it.
DROP INDEX "notifications_customer_id_idx";
CREATE INDEX "notifications_customer_id_released_at_idx" ON "notifications"("customer_id", "released_at");
CREATE INDEX "notifications_campaign" ON "notifications" ("campaign_id") WHERE "campaign_id" IS NOT NULL;

-- How customers want to be told, and by what they cannot be reached.
CREATE TABLE "notification_preferences" (
    "customer_id" TEXT NOT NULL,
    "preferences" JSON NOT NULL,
    "switched_off" JSONB NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "notification_preferences_pkey" PRIMARY KEY ("customer_id")
);

-- What waits for its turn, and when to look at each customer's next.
CREATE TABLE "waiting_notifications" (
    "notification_id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "priority" SMALLINT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "message" JSON NOT NULL,
    CONSTRAINT "waiting_notifications_pkey" PRIMARY KEY ("notification_id")
);
CREATE INDEX "waiting_notifications_customer_id_priority_since_notificati_idx"
  ON "waiting_notifications"("customer_id", "priority", "since", "notification_id");
CREATE TABLE "waiting_customers" (
    "customer_id" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "waiting_customers_pkey" PRIMARY KEY ("customer_id")
);
CREATE INDEX "waiting_customers_due_at_idx" ON "waiting_customers"("due_at");
