-- AlterTable
ALTER TABLE "subscriptions" ADD COLUMN     "confirm_by" TIMESTAMPTZ(3),
ADD COLUMN     "confirmed_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "subscription_deliveries" ADD COLUMN     "asked_address" TEXT,
ADD COLUMN     "sent_at" TIMESTAMPTZ(3);

-- How often an address was asked of late.
CREATE INDEX "subscription_deliveries_asked" ON "subscription_deliveries" ("created_at", "asked_address") WHERE "asked_address" IS NOT NULL;

-- Webhooks and queues that are active have said yes before.
UPDATE "subscriptions" SET "confirmed_at" = "active_since" WHERE "state" = 'active' AND "deliver" ->> 'to' <> 'email';
UPDATE "subscriptions" s SET "confirm_by" = d."give_up_at"
  FROM "subscription_deliveries" d
 WHERE s."state" = 'confirming' AND d."subscription_id" = s."id" AND d."kind" = 'confirm' AND d."state" = 'pending';

-- Addresses were told without being asked. Those that have had a mail go on: "confirmed_at" stays empty, they were never
-- asked. The others are asked before they get their first one. What signs their link: 244 random bits.
UPDATE "subscriptions" s
   SET "state" = 'confirming', "active_since" = NULL, "confirm_by" = now() + interval '1 day', "updated_at" = now(),
       "secrets" = json_build_array(json_build_object('secret',
         'whsec_' || encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'base64')))
 WHERE s."state" = 'active' AND s."deliver" ->> 'to' = 'email'
   AND NOT EXISTS (SELECT FROM "subscription_deliveries" d
                    WHERE d."subscription_id" = s."id" AND d."state" = 'delivered');
INSERT INTO "subscription_deliveries" ("id", "subscription_id", "kind", "event_type", "event_key", "state", "due_at",
                                       "give_up_at", "created_at")
SELECT gen_random_uuid(), "id", 'confirm', 'subscription.confirm', 'email', 'pending', now(), "confirm_by", now()
  FROM "subscriptions" WHERE "state" = 'confirming' AND "deliver" ->> 'to' = 'email';
UPDATE "subscription_epoch" SET "epoch" = "epoch" + 1;
