-- Claims are removed in the order of their age. A BRIN index ends up useless for that: where pruned pages are used again,
-- every range of blocks holds young and old.
DROP INDEX "inbox_processed_at_idx";
CREATE INDEX "inbox_processed_at_idx" ON "inbox"("processed_at");
