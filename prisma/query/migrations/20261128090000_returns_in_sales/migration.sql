-- A version is filled by one revision of its projection's definition; when that is raised, a new version is.
ALTER TABLE "projection_versions" ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 1;

-- Product sales say what came back. The versions that are there are fed until the new one serves, so they have the columns, too.
DO $$
DECLARE
  known record;
BEGIN
  FOR known IN SELECT version, state FROM projection_versions WHERE projection = 'product-sales' AND dropped_at IS NULL LOOP
    EXECUTE format(
      'ALTER TABLE projections.product_sales_%s ADD COLUMN returned_quantity int NOT NULL DEFAULT 0, ADD COLUMN returned_amount bigint NOT NULL DEFAULT 0',
      known.version);
    IF known.state = 'serving' THEN
      EXECUTE format('CREATE OR REPLACE VIEW product_sales AS SELECT * FROM projections.product_sales_%s', known.version);
    END IF;
  END LOOP;
END $$;
