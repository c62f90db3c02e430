-- CreateTable
CREATE TABLE "quotes" (
    "quote_id" UUID NOT NULL,
    "quote" JSON NOT NULL,
    "valid_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "quotes_pkey" PRIMARY KEY ("quote_id")
);

-- CreateIndex
CREATE INDEX "quotes_valid_until_idx" ON "quotes"("valid_until");
