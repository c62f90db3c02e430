-- In which version of its type an event was stored; what is there is of the first. And what long streams add up to, where
-- that is kept.
ALTER TABLE "events" ADD COLUMN "data_version" SMALLINT NOT NULL DEFAULT 1;
CREATE TABLE "snapshots" (
    "stream_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" JSON NOT NULL,
    "state_version" SMALLINT NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("stream_id","version")
);
