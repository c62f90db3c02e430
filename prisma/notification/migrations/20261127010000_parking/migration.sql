-- What a parked message is known by beside its place: in a topic that was created anew another record takes the place.
ALTER TABLE "parked_messages" ADD COLUMN "digest" TEXT NOT NULL DEFAULT '';
DROP INDEX "parked_messages_consumer_topic_partition_offset_key";
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_digest_key"
  ON "parked_messages"("consumer", "topic", "partition", "offset", "digest");

-- The worker that has the lease of a call; outcomes that could not be recorded.
ALTER TABLE "effects" ADD COLUMN "leased_by" TEXT;
CREATE TABLE "parked_effects" (
    "seq" BIGSERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "payload" JSON NOT NULL,
    "cause" JSON NOT NULL,
    "outcome" JSON NOT NULL,
    "reason" TEXT NOT NULL,
    "error" TEXT NOT NULL,
    "parked_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "parked_effects_pkey" PRIMARY KEY ("key", "id")
);
CREATE INDEX "parked_effects_seq_idx" ON "parked_effects"("seq");
