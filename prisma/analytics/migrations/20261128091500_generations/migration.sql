-- AlterTable
ALTER TABLE "window_counts" DROP CONSTRAINT "window_counts_pkey",
ADD COLUMN     "generation" INTEGER NOT NULL DEFAULT 0,
ADD CONSTRAINT "window_counts_pkey" PRIMARY KEY ("generation", "step", "start", "dimension", "key");

-- AlterTable
ALTER TABLE "window_sketches" DROP CONSTRAINT "window_sketches_pkey",
ADD COLUMN     "generation" INTEGER NOT NULL DEFAULT 0,
ADD CONSTRAINT "window_sketches_pkey" PRIMARY KEY ("generation", "step", "start");

-- AlterTable
ALTER TABLE "panes" DROP CONSTRAINT "panes_pkey",
ADD COLUMN     "generation" INTEGER NOT NULL DEFAULT 0,
ADD CONSTRAINT "panes_pkey" PRIMARY KEY ("generation", "partition", "start");

-- CreateTable
CREATE TABLE "served_generation" (
    "id" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL,
    "since" BIGINT NOT NULL,
    "floors" JSON NOT NULL,

    CONSTRAINT "served_generation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rebuilds" (
    "generation" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker" TEXT,
    "leased_until" TIMESTAMPTZ(3),
    "events" BIGINT NOT NULL DEFAULT 0,
    "of_events" BIGINT,
    "detail" TEXT,

    CONSTRAINT "rebuilds_pkey" PRIMARY KEY ("generation")
);

-- What is served has always one answer.
INSERT INTO served_generation (id, generation, since, floors) VALUES (1, 0, 0, '{}');

-- One rebuild at a time, whoever asks where.
CREATE UNIQUE INDEX "rebuilds_one_at_a_time" ON "rebuilds" ("state") WHERE "state" = 'running';
