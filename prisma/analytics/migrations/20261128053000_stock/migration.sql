-- CreateTable
CREATE TABLE "stock" (
    "sku" TEXT NOT NULL,
    "available" BIGINT NOT NULL,

    CONSTRAINT "stock_pkey" PRIMARY KEY ("sku")
);
