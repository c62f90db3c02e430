import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { type ShopEvent, writeShopEvent } from '#libs/contracts'
import type { ArchivedRecord } from './event-file.ts'

/** Rows of a file that are made records of at once. */
const ROWS = 10_000

/** The records of a file, in the order of their offsets, some at a time: `encodeFile` the other way round. */
export async function* decodeFile(bytes: Buffer): AsyncGenerator<readonly ArchivedRecord[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
  const metadata = parquetMetadata(file)
  const rows = Number(metadata.num_rows)
  for (let rowStart = 0; rowStart < rows; rowStart += ROWS) {
    const rowEnd = Math.min(rowStart + ROWS, rows)
    const read = (await parquetReadObjects({ file, metadata, rowStart, rowEnd })) as StoredRow[]
    yield read.map((row) => ({
      ...{ offset: Number(row.offset), timestamp: Number(row.arrived) },
      value: recordValue(row),
    }))
  }
}

/** What a column holds is what the event had, for no event is written that its reader would not take. */
interface StoredRow {
  readonly offset: bigint
  readonly arrived: bigint
  readonly type: ShopEvent['type'] | 'unreadable'
  readonly time: bigint
  readonly lines: string
  readonly raw: string | null
  readonly [column: string]: unknown
}

const recordValue = (row: StoredRow): Buffer | null => {
  if (row.type === 'unreadable') return row.raw === null ? null : Buffer.from(row.raw)
  const { id, session, country, device, sku, query, results, change, currency } = row
  const event = {
    ...{ type: row.type, id, time: Number(row.time), session, customer: row.customer ?? undefined, country, device },
    ...{ sku, query, results, change, currency, orderId: row.order_id ?? undefined },
    ...(row.type === 'checkout' && { lines: JSON.parse(row.lines) }),
  }
  return Buffer.from(writeShopEvent(event as unknown as ShopEvent))
}
