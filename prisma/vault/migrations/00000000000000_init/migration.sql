-- CreateTable
CREATE TABLE "customer_keys" (
    "customer_id" TEXT NOT NULL,
    "wrapped" BYTEA,
    "master_key_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "destroyed_at" TIMESTAMPTZ(3),

    CONSTRAINT "customer_keys_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "master_key_in_use" (
    "one" BOOLEAN NOT NULL DEFAULT true,
    "id" TEXT NOT NULL,

    CONSTRAINT "master_key_in_use_pkey" PRIMARY KEY ("one")
);

-- CreateIndex
CREATE INDEX "customer_keys_destroyed_at_idx" ON "customer_keys"("destroyed_at");

-- CreateIndex
CREATE INDEX "customer_keys_master_key_id_customer_id_idx" ON "customer_keys"("master_key_id", "customer_id");
