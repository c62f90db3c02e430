-- Every change of a level is an event from here on. What there is so far is where the events of each product start: as if
-- it had been counted now.
ALTER TABLE "stock_levels" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 0;
INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
SELECT 'stock-' || sku, 1, 'StockCounted', json_build_object('onHand', on_hand, 'reserved', reserved),
       json_build_object('messageId', gen_random_uuid()), now(), pg_current_xact_id()::text::bigint
  FROM stock_levels ORDER BY sku;
UPDATE stock_levels SET version = 1;

-- Nor does a level change without an event that says why.
CREATE FUNCTION stock_changes_with_an_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the stock of % changes without an event', NEW.sku USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stock_changes_with_an_event BEFORE UPDATE ON stock_levels FOR EACH ROW
  WHEN ((OLD.on_hand, OLD.reserved) IS DISTINCT FROM (NEW.on_hand, NEW.reserved) AND NEW.version <> OLD.version + 1)
  EXECUTE FUNCTION stock_changes_with_an_event();
