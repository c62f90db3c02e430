-- What a parked message is known by beside its place: in a topic that was created anew another record takes the place.
ALTER TABLE "parked_messages" ADD COLUMN "digest" TEXT NOT NULL DEFAULT '';
DROP INDEX "parked_messages_consumer_topic_partition_offset_key";
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_digest_key"
  ON "parked_messages"("consumer", "topic", "partition", "offset", "digest");

-- Sagas of several types, the trace of what started them, and what keeps one from waking up.
ALTER TABLE "sagas" DROP CONSTRAINT "sagas_pkey",
  ADD COLUMN "traceparent" TEXT,
  ADD COLUMN "wake_failures" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "wake_error" TEXT,
  ADD CONSTRAINT "sagas_pkey" PRIMARY KEY ("type", "saga_id");
