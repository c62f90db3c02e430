-- CreateTable
CREATE TABLE "delayed_messages" (
    "id" BIGSERIAL NOT NULL,
    "queue" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    "key" BYTEA,
    "headers" TEXT NOT NULL,
    "value" BYTEA,
    "attempts" INTEGER NOT NULL,
    "starts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,
    "due_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delayed_messages_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "delayed_messages_queue_due_at_idx" ON "delayed_messages"("queue", "due_at");

-- CreateIndex
CREATE UNIQUE INDEX "delayed_messages_queue_message_id_key" ON "delayed_messages"("queue", "message_id");
