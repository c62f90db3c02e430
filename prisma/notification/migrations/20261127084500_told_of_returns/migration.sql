-- What a customer is told of a return is told once per return; of everything else, once per order as before.
ALTER TABLE "notifications" ADD COLUMN "return_id" TEXT NOT NULL DEFAULT '';
ALTER TABLE "notifications" DROP CONSTRAINT "notifications_pkey",
ADD CONSTRAINT "notifications_pkey" PRIMARY KEY ("order_id", "kind", "return_id");
