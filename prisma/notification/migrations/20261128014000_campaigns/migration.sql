-- CreateTable
CREATE TABLE "campaigns" (
    "id" UUID NOT NULL,
    "template" TEXT NOT NULL,
    "values" JSON NOT NULL,
    "segment" JSON NOT NULL,
    "state" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "total" INTEGER NOT NULL,
    "told" INTEGER NOT NULL DEFAULT 0,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "campaigns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "campaign_recipients" (
    "campaign_id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,

    CONSTRAINT "campaign_recipients_pkey" PRIMARY KEY ("campaign_id", "customer_id")
);

-- CreateIndex
CREATE INDEX "campaigns_created_at_id_idx" ON "campaigns"("created_at", "id");

-- What the runner looks for, of however many that have ended.
CREATE INDEX "campaigns_due" ON "campaigns" ("at") WHERE "state" IN ('scheduled', 'running');

-- How far a campaign has come.
CREATE INDEX "notifications_of_campaign" ON "notifications" ("campaign_id", "status") WHERE "campaign_id" IS NOT NULL;
