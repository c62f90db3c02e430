-- AlterTable
ALTER TABLE "customer_keys" ADD COLUMN     "announced_at" TIMESTAMPTZ(3);
