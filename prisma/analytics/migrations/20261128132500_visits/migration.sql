-- AlterTable
ALTER TABLE "panes" DROP CONSTRAINT "panes_pkey",
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'events',
ADD CONSTRAINT "panes_pkey" PRIMARY KEY ("generation", "partition", "start", "kind");

-- CreateTable
CREATE TABLE "window_visits" (
    "generation" INTEGER NOT NULL DEFAULT 0,
    "step" INTEGER NOT NULL,
    "start" TIMESTAMPTZ(3) NOT NULL,
    "dimension" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "visits" BIGINT NOT NULL,
    "pages" BIGINT NOT NULL,
    "duration" BIGINT NOT NULL,
    "durations" JSON NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "window_visits_pkey" PRIMARY KEY ("generation", "step", "start", "dimension", "key")
);

-- CreateIndex
CREATE INDEX "window_visits_expires_at_idx" ON "window_visits"("expires_at");

-- Rows of what happens now are updated several times a second, as those of the other windows.
ALTER TABLE window_visits SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000);
