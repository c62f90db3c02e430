/**
 * Each version's changes, in order; `PRAGMA user_version` counts those that a file has. Ids grow with time, so the
 * oldest rows of a table are its first ones.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE settings (simulator TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE sums (name TEXT, currency TEXT, value REAL NOT NULL, PRIMARY KEY (name, currency)) STRICT, WITHOUT ROWID;

  CREATE TABLE answers (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    simulator TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, answer TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX answers_by_key ON answers (key, simulator);

  CREATE TABLE operations (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    order_id TEXT NOT NULL, operation TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
    key TEXT NOT NULL, result TEXT NOT NULL, code TEXT, effect TEXT
  ) STRICT;
  CREATE INDEX operations_by_order ON operations (order_id);

  CREATE TABLE shipments (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    shipment_id TEXT NOT NULL, tracking_number TEXT NOT NULL, order_id TEXT NOT NULL, callback_url TEXT NOT NULL,
    dispatch_at INTEGER NOT NULL, deliver_at INTEGER NOT NULL, cancelled INTEGER NOT NULL DEFAULT 0,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    due INTEGER AS (CASE WHEN cancelled THEN NULL WHEN acknowledged = 0 THEN dispatch_at
                         WHEN acknowledged = 1 THEN deliver_at END)
  ) STRICT;
  CREATE UNIQUE INDEX shipments_by_shipment_id ON shipments (shipment_id);
  CREATE INDEX shipments_by_order ON shipments (order_id);
  CREATE INDEX shipments_due ON shipments (callback_url, due) WHERE due IS NOT NULL;

  CREATE TABLE mails (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    recipient TEXT NOT NULL, order_id TEXT, identity TEXT, mail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX mails_by_recipient ON mails (recipient);
  CREATE INDEX mails_by_order ON mails (order_id) WHERE order_id IS NOT NULL;
  CREATE UNIQUE INDEX mails_by_identity ON mails (identity) WHERE identity IS NOT NULL;

  CREATE TABLE texts (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL, text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX texts_by_recipient ON texts (recipient, channel);

  CREATE TABLE imports (file TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE shipments ADD COLUMN return_id TEXT;
  ALTER TABLE shipments ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE shipments ADD COLUMN lines TEXT;
  `,
  `
  ALTER TABLE texts ADD COLUMN key TEXT;
  `,
  `
  ALTER TABLE shipments ADD COLUMN traceparent TEXT;
  `,
]

/** Those that grow with every order. */
export const GROWING = ['answers', 'operations', 'shipments', 'mails', 'texts'] as const
