-- What housekeeping removes, in the order of its age.
CREATE INDEX "parked_messages_settled" ON "parked_messages" ("settled_at") WHERE "settled_at" IS NOT NULL;
CREATE INDEX "redrives_ended" ON "redrives" ("ended_at") WHERE "ended_at" IS NOT NULL;
