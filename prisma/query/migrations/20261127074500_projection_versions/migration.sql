-- Versions of projections: each has tables of its own under "projections", and readers find the one that serves by a view.
CREATE TABLE "projection_versions" (
    "projection" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "automatic" BOOLEAN NOT NULL,
    "requested_by" TEXT NOT NULL,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "filled_at" TIMESTAMPTZ(3),
    "targets" JSON,
    "incomplete" JSON,
    "comparison" JSON,
    "detail" TEXT,
    "dropped_at" TIMESTAMPTZ(3),

    CONSTRAINT "projection_versions_pkey" PRIMARY KEY ("projection","version")
);
CREATE TABLE "projection_lanes" (
    "projection" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "lane" INTEGER NOT NULL,
    "owner" TEXT,
    "leased_until" TIMESTAMPTZ(3) NOT NULL,
    "reached_end_at" TIMESTAMPTZ(3),
    "records" BIGINT NOT NULL DEFAULT 0,
    "skipped" BIGINT NOT NULL DEFAULT 0,
    "records_per_second" DOUBLE PRECISION NOT NULL DEFAULT 0,

    CONSTRAINT "projection_lanes_pkey" PRIMARY KEY ("projection","version","lane")
);
ALTER TABLE projection_lanes SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE SCHEMA projections;

-- What was there is the first version of its projection.
ALTER TABLE order_views SET SCHEMA projections;
ALTER TABLE projections.order_views RENAME TO order_views_1;
CREATE VIEW order_views AS SELECT * FROM projections.order_views_1;

ALTER TABLE sales_per_minute SET SCHEMA projections;
ALTER TABLE projections.sales_per_minute RENAME TO sales_per_minute_1;
ALTER TABLE projections.sales_per_minute_1 ALTER COLUMN minute TYPE timestamptz;
CREATE VIEW sales_per_minute AS SELECT * FROM projections.sales_per_minute_1;
-- Which orders were counted, and how: until now the orders' timelines knew.
CREATE TABLE projections.sales_orders_1 (order_id uuid PRIMARY KEY, state json NOT NULL) WITH (fillfactor = 70);
INSERT INTO projections.sales_orders_1 (order_id, state)
SELECT order_id, json_build_object('minute', left(line::json ->> 'at', 16) || ':00Z',
                                   'currency', placed -> 'total' ->> 'currency',
                                   'amount', (placed -> 'total' ->> 'amount')::bigint)
  FROM projections.order_views_1
 CROSS JOIN LATERAL (SELECT min(line) AS line FROM unnest(string_to_array(timeline, chr(10))) line
                      WHERE line LIKE '%"type":"order.completed"%') completed
 WHERE line IS NOT NULL AND placed IS NOT NULL;
CREATE VIEW sales_orders AS SELECT * FROM projections.sales_orders_1;

INSERT INTO projection_versions (projection, version, state, since, automatic, requested_by, created_at, filled_at)
SELECT name, 1, 'serving', now(), true, 'system', now(), now() FROM (VALUES ('orders'), ('sales-per-minute')) first (name);

-- One way through the topics for all projections.
UPDATE projection_checkpoints SET projection = 'live' WHERE projection = 'orders';
DELETE FROM projection_checkpoints WHERE projection = 'sales-per-minute';
