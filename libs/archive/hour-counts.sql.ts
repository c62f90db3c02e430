/** What a stream decides about an event, as it declares it. Milliseconds. */
export interface StreamRules {
  /** A window of a second takes events until the newest of their partition is so far behind its end. */
  readonly graceMs: number
  /** An event that is further ahead of its arrival is nonsense. */
  readonly aheadMs: number
  /** From a view to the basket, and from the basket to the purchase. */
  readonly conversionMs: number
  readonly currency: string
  /** What belongs to a session is one visit until a longer pause; it is over when its partition has come so far behind that. */
  readonly visit: { readonly gapMs: number; readonly graceMs: number; readonly pages: readonly string[] }
}

/** In the order of the columns. */
export const batchMeasures = [
  ...(['views', 'searches', 'baskets', 'checkouts', 'purchases', 'units', 'revenue', 'converted'] as const),
  ...(['late', 'early', 'duplicates', 'unreadable', 'visits', 'pages', 'duration'] as const),
]
export type BatchMeasure = (typeof batchMeasures)[number]

const HOUR_MS = 3_600_000
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`
const zeros = (given: Partial<Record<BatchMeasure, string>>): string =>
  batchMeasures.map((measure) => `${given[measure] ?? '0'} AS ${measure}`).join(', ')
const fact = (hour: string, from: string, given: Partial<Record<BatchMeasure, string>>, sku = 'NULL'): string =>
  `SELECT ${hour} // ${HOUR_MS} AS hour, country, device, ${sku} AS product, ${zeros(given)} FROM ${from}`
const refusal = (measure: BatchMeasure): string =>
  `SELECT coalesce(watermark, arrived) // ${HOUR_MS}, NULL, NULL, NULL, ${zeros({ [measure]: '1' })}
     FROM judged WHERE refused = '${measure}'`

/**
 * The same decisions as the stream's, from the files: whether an event is late depends on the newest before it in its
 * partition, and of several copies the first that is not late counts. Leaves the tables `counted`, `facts`, `lines` and `visits`.
 */
export const judgedEvents = (
  paths: readonly string[],
  { graceMs, aheadMs, conversionMs, currency, visit }: StreamRules,
): string[] => [
  `CREATE TEMP TABLE judged AS
   WITH records AS (
     SELECT *, CAST(regexp_extract(filename, '(\\d{5})-\\d{16}\\.parquet$', 1) AS INTEGER) AS part
       FROM read_parquet([${paths.map(text).join(', ')}], filename = true, hive_partitioning = false)
   ), watermarked AS (
     SELECT *, max(CASE WHEN type <> 'unreadable' AND time <= arrived + ${aheadMs} THEN time END) OVER (
       PARTITION BY part ORDER BY "offset" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS watermark
       FROM records
   )
   SELECT *, CASE WHEN type = 'unreadable' THEN 'unreadable'
                  WHEN (time // 1000 + 1) * 1000 + ${graceMs} <= watermark THEN 'late'
                  WHEN time > arrived + ${aheadMs} THEN 'early' END AS refused
     FROM watermarked`,
  `CREATE TEMP TABLE taken AS
   SELECT *, row_number() OVER (PARTITION BY part, id ORDER BY "offset") AS copy FROM judged WHERE refused IS NULL`,
  'CREATE TEMP VIEW counted AS SELECT * FROM taken WHERE copy = 1',
  `CREATE TEMP TABLE lines AS
   SELECT part, time, session, country, device, line.sku AS sku, line.quantity AS quantity,
          CASE WHEN currency = ${text(currency)} THEN line.quantity * line.price ELSE 0 END AS amount
     FROM (SELECT *, unnest(from_json(lines, '[{"sku":"VARCHAR","quantity":"BIGINT","price":"BIGINT"}]')) AS line
             FROM counted WHERE type = 'checkout')`,
  `CREATE TEMP TABLE converted AS
   WITH chosen AS (
     SELECT DISTINCT b.part, b.session, b.sku, b.time FROM counted b
       JOIN counted v ON v.type = 'view' AND v.part = b.part AND v.session = b.session AND v.sku = b.sku
        AND v.time BETWEEN b.time - ${conversionMs} AND b.time
      WHERE b.type = 'basket' AND b.change > 0)
   SELECT * FROM lines l WHERE EXISTS (
     SELECT 1 FROM chosen b WHERE b.part = l.part AND b.session = l.session AND b.sku = l.sku
        AND b.time BETWEEN l.time - ${conversionMs} AND l.time)`,
  visitsOf(visit),
  `CREATE TEMP TABLE facts AS
   ${[
     fact('time', "counted WHERE type = 'view'", { views: '1' }, 'sku'),
     fact('time', "counted WHERE type = 'search'", { searches: '1' }),
     fact('time', "counted WHERE type = 'basket' AND change > 0", { baskets: '1' }, 'sku'),
     fact('time', "counted WHERE type = 'checkout'", { checkouts: '1' }),
     fact('time', 'lines', { purchases: '1', units: 'quantity', revenue: 'amount' }, 'sku'),
     fact('time', 'converted', { converted: '1' }, 'sku'),
     fact('ended', 'visits WHERE is_over', { visits: '1', pages: 'pages', duration: 'ended - began' }),
     `SELECT time // ${HOUR_MS}, NULL, NULL, NULL, ${zeros({ duplicates: '1' })} FROM taken WHERE copy > 1`,
     ...(['late', 'early', 'unreadable'] as const).map(refusal),
   ].join('\n   UNION ALL ')}`,
]

/**
 * Session windows: the events of a session in the order of time, cut at every pause that is too long. A visit is of where its first event
 * is, and needs a page. Those that are not over by what is archived are no facts yet.
 */
const visitsOf = ({ gapMs, graceMs, pages }: StreamRules['visit']): string =>
  `CREATE TEMP TABLE visits AS
   WITH paused AS (
     SELECT *, coalesce(time - lag(time) OVER of_session > ${gapMs}, true) AS begins FROM counted
     WINDOW of_session AS (PARTITION BY part, session ORDER BY time)
   ), numbered AS (
     SELECT *, sum(begins::INTEGER) OVER (
       PARTITION BY part, session ORDER BY time, begins DESC ROWS UNBOUNDED PRECEDING) AS visit
       FROM paused
   ), reached AS (
     SELECT part, max(time) AS newest FROM taken GROUP BY part
   )
   SELECT min(time) AS began, max(time) AS ended, first(country ORDER BY time, country, device) AS country,
          first(device ORDER BY time, country, device) AS device,
          count(*) FILTER (WHERE type IN (${pages.map(text).join(', ')})) AS pages,
          (max(time) // 1000 + 1) * 1000 + ${gapMs + graceMs} <= first(newest) AS is_over
     FROM numbered JOIN reached USING (part) GROUP BY part, session, visit HAVING pages > 0`

const sums = batchMeasures.map((measure) => `CAST(sum(${measure}) AS DOUBLE) AS ${measure}`).join(', ')
const within = (from: number, to: number): string =>
  `hour >= ${Math.floor(from / HOUR_MS)} AND hour < ${Math.ceil(to / HOUR_MS)}`

/** Sums by hour, and each key of each dimension. `from`, `to`: milliseconds since 1970. */
export const hourlySums = (from: number, to: number): string =>
  [
    ['all', "''", 'true'],
    ['country', 'country', 'country IS NOT NULL'],
    ['device', 'device', 'device IS NOT NULL'],
    ['product', 'product', 'product IS NOT NULL'],
  ]
    .map(
      ([dimension, key, condition]) =>
        `SELECT CAST(hour * ${HOUR_MS} AS DOUBLE) AS start, '${dimension}' AS dimension, ${key} AS key, ${sums}
           FROM facts WHERE ${condition} AND ${within(from, to)} GROUP BY hour, ${key}`,
    )
    .join(' UNION ALL ')
    .concat(' ORDER BY start, dimension, key')

/** The starts of the hours in which visits ended that may go on, or are not known to be over. */
export const hoursOfOpenVisits = (from: number, to: number): string =>
  `SELECT DISTINCT CAST(hour * ${HOUR_MS} AS DOUBLE) AS start
     FROM (SELECT ended // ${HOUR_MS} AS hour FROM visits WHERE NOT is_over) WHERE ${within(from, to)} ORDER BY start`

/** What the stream estimates, exactly: visitors, what baskets are worth, and how long a visit is. */
export const hourlyTruths = (from: number, to: number, currency: string): string =>
  `WITH visitors AS (
     SELECT time // ${HOUR_MS} AS hour, count(DISTINCT session) AS visitors FROM counted GROUP BY 1
   ), worth AS (
     SELECT time // ${HOUR_MS} AS hour, list_sum(list_transform(
         from_json(lines, '[{"quantity":"BIGINT","price":"BIGINT"}]'), lambda l: l.quantity * l.price)) AS amount
       FROM counted WHERE type = 'checkout' AND currency = ${text(currency)}
   ), baskets AS (
     SELECT hour, quantile_disc(amount, [0.5, 0.95, 0.99]) AS worth FROM worth GROUP BY hour
   ), stays AS (
     SELECT ended // ${HOUR_MS} AS hour, quantile_disc(ended - began, 0.5) AS stay FROM visits WHERE is_over GROUP BY 1
   )
   SELECT CAST(hour * ${HOUR_MS} AS DOUBLE) AS start, CAST(visitors AS DOUBLE) AS visitors,
          CAST(worth[1] AS DOUBLE) AS p50, CAST(worth[2] AS DOUBLE) AS p95, CAST(worth[3] AS DOUBLE) AS p99,
          CAST(stay AS DOUBLE) AS visit
     FROM visitors LEFT JOIN baskets USING (hour) LEFT JOIN stays USING (hour) WHERE ${within(from, to)} ORDER BY start`
