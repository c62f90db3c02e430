-- What was parked and is settled is told by a tombstone: a record without a value.
ALTER TABLE "outbox" ALTER COLUMN "value" DROP NOT NULL;
