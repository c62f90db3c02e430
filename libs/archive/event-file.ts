import { setImmediate as turn } from 'node:timers/promises'
import { parquetMetadata } from 'hyparquet'
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { readShopEvent } from '#libs/contracts'

/** A record as it lay in its partition. */
export interface ArchivedRecord {
  readonly offset: number
  /** When it arrived. Milliseconds since 1970. */
  readonly timestamp: number
  readonly value: Buffer | null
}

/** What a file holds: the records of one partition from an offset on, up to the one at which the next file begins. */
export interface FileRange {
  readonly partition: number
  readonly first: number
  readonly end: number
}

const HOUR_MS = 3_600_000
const TOPIC = 'shop-events'

export const hourOf = (timestamp: number): number => Math.floor(timestamp / HOUR_MS)

/** By the hour in which its first record arrived, and by where it begins: the same for whoever begins there. */
export const nameOf = (partition: number, first: number, hour: number): string => {
  const [day, time] = new Date(hour * HOUR_MS).toISOString().split('T') as [string, string]
  return `${TOPIC}/day=${day}/hour=${time.slice(0, 2)}/${pad(partition, 5)}-${pad(first, 16)}.parquet`
}

const NAME = new RegExp(`^${TOPIC}/day=(\\d{4}-\\d\\d-\\d\\d)/hour=(\\d\\d)/(\\d{5})-(\\d{16})\\.parquet$`)

/** What the name of a file says; undefined when it is none of ours. */
export const readName = (name: string) => {
  const parts = NAME.exec(name)
  return parts === null
    ? undefined
    : { day: parts[1]!, hour: Number(parts[2]), partition: Number(parts[3]), first: Number(parts[4]) }
}

const pad = (number: number, digits: number): string => String(number).padStart(digits, '0')

const COLUMNS = {
  offset: 'INT64',
  arrived: 'INT64',
  type: 'STRING',
  id: 'STRING',
  time: 'INT64',
  session: 'STRING',
  customer: 'STRING',
  country: 'STRING',
  device: 'STRING',
  sku: 'STRING',
  query: 'STRING',
  results: 'INT32',
  change: 'INT32',
  currency: 'STRING',
  lines: 'STRING',
  order_id: 'STRING',
  raw: 'STRING',
} as const
type Column = keyof typeof COLUMNS
type Row = Partial<Record<Column, bigint | number | string>>

/** Of a row group: what is encoded at a time, before others in the process have a turn. */
const ROWS = 5_000

/**
 * The records as Parquet, compressed with Snappy, a column for each field of an event. `time` and `arrived` are
 * milliseconds since 1970, `lines` JSON; what is no event has its value in `raw`, as text.
 */
export const encodeFile = async (
  { partition, first, end }: FileRange,
  records: readonly ArchivedRecord[],
): Promise<Uint8Array> => {
  const kvMetadata = Object.entries({ topic: TOPIC, partition, first, end }).map(([key, value]) => ({
    key: `waybill.${key}`,
    value: String(value),
  }))
  const writer = new ByteWriter()
  const file = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: columnsOf([]) }), kvMetadata })
  for (let from = 0; from < records.length; from += ROWS) {
    await file.write({ columnData: columnsOf(records.slice(from, from + ROWS)), rowGroupSize: ROWS })
    await turn()
  }
  await file.finish()
  return writer.getBytes()
}

const columnsOf = (records: readonly ArchivedRecord[]): ColumnSource[] => {
  const rows = records.map(rowOf)
  return (Object.keys(COLUMNS) as Column[]).map((name) => ({
    ...{ name, type: COLUMNS[name], nullable: true },
    data: rows.map((row) => row[name] ?? null),
  }))
}

/** Where the file that follows begins. Throws when the bytes are no file of ours. */
export const endOfFile = (bytes: Buffer): number => {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const found = parquetMetadata(whole).key_value_metadata?.find(({ key }) => key === 'waybill.end')?.value
  if (found === undefined) throw new Error('a Parquet file that does not say where it ends')
  return Number(found)
}

const rowOf = ({ offset, timestamp, value }: ArchivedRecord): Row => {
  const place = { offset: BigInt(offset), arrived: BigInt(timestamp) }
  const event = readShopEvent(value)
  if (event.type === 'unreadable')
    return { ...place, type: event.type, ...(value !== null && { raw: value.toString('utf8') }) }
  const { type, id, time, session, customer, country, device } = event
  const row: Row = { ...place, type, id, time: BigInt(time), session, country, device }
  if (customer !== undefined) row.customer = customer
  if (event.type === 'view' || event.type === 'basket') row.sku = event.sku
  if (event.type === 'basket') row.change = event.change
  if (event.type === 'search') Object.assign(row, { query: event.query, results: event.results })
  if (event.type === 'checkout') {
    Object.assign(row, { currency: event.currency, lines: JSON.stringify(event.lines) })
    if (event.orderId !== undefined) row.order_id = event.orderId
  }
  return row
}
