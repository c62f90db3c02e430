-- Whatever the code does, no piece is promised twice. Fill factor: a hot product is updated in place, once per commit.
ALTER TABLE stock_levels ADD CONSTRAINT stock_is_covered CHECK (0 <= reserved AND reserved <= on_hand);
ALTER TABLE stock_levels SET (fillfactor = 20);

-- Nor does a level change without an event that says why.
CREATE FUNCTION stock_changes_with_an_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the stock of % changes without an event', NEW.sku USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER stock_changes_with_an_event BEFORE UPDATE ON stock_levels FOR EACH ROW
  WHEN ((OLD.on_hand, OLD.reserved) IS DISTINCT FROM (NEW.on_hand, NEW.reserved) AND NEW.version <> OLD.version + 1)
  EXECUTE FUNCTION stock_changes_with_an_event();
