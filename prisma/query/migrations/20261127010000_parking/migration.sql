-- What a parked message is known by beside its place: in a topic that was created anew another record takes the place.
ALTER TABLE "parked_messages" ADD COLUMN "digest" TEXT NOT NULL DEFAULT '';
DROP INDEX "parked_messages_consumer_topic_partition_offset_key";
CREATE UNIQUE INDEX "parked_messages_consumer_topic_partition_offset_digest_key"
  ON "parked_messages"("consumer", "topic", "partition", "offset", "digest");
