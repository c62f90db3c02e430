-- What operators do with parked messages, and what they leave on record.
ALTER TABLE "parked_messages"
  ADD COLUMN "order_id" TEXT,
  ADD COLUMN "attempt_log" TEXT NOT NULL DEFAULT '',
  ADD COLUMN "original" TEXT,
  ADD COLUMN "worked_by" TEXT,
  ADD COLUMN "redrive_id" TEXT,
  ADD COLUMN "redrive_released" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "resolution" TEXT,
  ADD COLUMN "settled_at" TIMESTAMPTZ(3);
CREATE INDEX "parked_messages_redrive" ON "parked_messages" ("redrive_id", "id") WHERE "redrive_id" IS NOT NULL;
CREATE TABLE "redrives" (
    "id" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "filter" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "total" INTEGER,
    "handled" INTEGER,
    "dead" INTEGER,
    CONSTRAINT "redrives_pkey" PRIMARY KEY ("id")
);

-- The audit trail.
CREATE TABLE "audit_entries" (
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "reason" TEXT,
    "outcome" TEXT NOT NULL,
    "detail" TEXT,
    "previous_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("seq")
);
CREATE TABLE "audit_head" (
    "id" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,
    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_entries_target_seq_idx" ON "audit_entries"("target", "seq");
CREATE INDEX "audit_entries_actor_seq_idx" ON "audit_entries"("actor", "seq");
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, repeat('0', 64));

CREATE FUNCTION audit_entries_are_for_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries are neither changed nor deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_are_for_good BEFORE UPDATE OR DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION audit_entries_are_for_good();
CREATE TRIGGER audit_entries_are_not_truncated BEFORE TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_are_for_good();
