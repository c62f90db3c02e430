-- Asked in every transaction of a consumer; usually empty.
CREATE INDEX "parked_messages_blocked_keys" ON "parked_messages" ("consumer", "topic", "key", "id") WHERE "blocks_key";

-- What the retrier looks at: never a dead letter.
CREATE INDEX "parked_messages_due" ON "parked_messages" ("consumer", "next_attempt_at") WHERE "status" <> 'dead';
