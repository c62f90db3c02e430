-- Asked in every transaction of a consumer; usually empty.
CREATE INDEX "parked_messages_blocked_keys" ON "parked_messages" ("consumer", "topic", "key", "id") WHERE "blocks_key";

-- What the retrier looks at: never a dead letter.
CREATE INDEX "parked_messages_due" ON "parked_messages" ("consumer", "next_attempt_at") WHERE "status" <> 'dead';

-- What a redrive has to release yet, and what became of the rest.
CREATE INDEX "parked_messages_redrive" ON "parked_messages" ("redrive_id", "id") WHERE "redrive_id" IS NOT NULL;

-- What housekeeping removes, in the order of its age.
CREATE INDEX "parked_messages_settled" ON "parked_messages" ("settled_at") WHERE "settled_at" IS NOT NULL;
CREATE INDEX "redrives_ended" ON "redrives" ("ended_at") WHERE "ended_at" IS NOT NULL;
