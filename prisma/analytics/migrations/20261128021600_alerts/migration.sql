-- CreateTable
CREATE TABLE "alerts" (
    "id" TEXT NOT NULL,
    "alert" JSON NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "alerts_at_idx" ON "alerts"("at");
