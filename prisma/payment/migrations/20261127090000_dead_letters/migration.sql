-- What was parked and is settled is told by a tombstone: a record without a value.
ALTER TABLE "outbox" ALTER COLUMN "value" DROP NOT NULL;
-- Parked effects are removed in the order of their age.
CREATE INDEX "parked_effects_parked_at_idx" ON "parked_effects"("parked_at");
