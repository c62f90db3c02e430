-- Whatever the code does, no piece is promised twice. Fill factor: a hot product is updated in place, once per commit.
ALTER TABLE stock_levels ADD CONSTRAINT stock_is_covered CHECK (0 <= reserved AND reserved <= on_hand);
ALTER TABLE stock_levels SET (fillfactor = 20);
