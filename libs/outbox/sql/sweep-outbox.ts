import type { OutboxRecord } from '../hand-over.ts'
import type { Passage } from '../partition-gate.ts'
import type { RelayConnection } from '../relay-connection.ts'
import { COLUMNS, type FetchedRow, outboxRecord } from './fetch-batch.ts'

/** Rows in memory at a time, without their values. */
const PAGE_ROWS = 5_000
/** Two million rows: some seconds. What lies behind them waits until there are fewer. */
const MOST_PAGES = 400

export interface Sweep {
  readonly open: OutboxRecord[]
  readonly due: OutboxRecord[]
  /** All rows of the slots were looked at. */
  readonly complete: boolean
}

/**
 * The oldest `limit` rows of the slots that may go, and as many for partitions that are due, however many rows that may not
 * lie between them. All in one snapshot, or a row could be passed by that becomes visible after one that follows it.
 */
export const sweepOutbox = async (
  connection: RelayConnection,
  slots: readonly number[],
  passage: (topic: string, key: string) => Passage,
  limit: number,
): Promise<Sweep> => {
  const chosen = { open: [] as string[], due: [] as string[] }
  await connection.queries(
    'BEGIN',
    `DECLARE sweep NO SCROLL CURSOR FOR
       SELECT id, topic, key FROM outbox WHERE slot = ANY('{${slots.join()}}'::smallint[]) ORDER BY id`,
  )
  let page: Candidate[]
  let pages = 0
  do {
    page = await connection.query<Candidate>({ text: `FETCH ${PAGE_ROWS} FROM sweep` })
    pages++
    for (const { id, topic, key } of page) {
      const to = passage(topic, key)
      if (to !== 'closed' && chosen[to].length < limit) chosen[to].push(id)
    }
  } while (page.length === PAGE_ROWS && pages < MOST_PAGES && chosen.open.length < limit)
  const rows = await connection.query<FetchedRow>({
    text: `SELECT ${COLUMNS} FROM outbox WHERE id = ANY($1::bigint[]) ORDER BY id`,
    values: [[...chosen.open, ...chosen.due]],
  })
  await connection.query({ text: 'COMMIT' })
  const isOpen = new Set(chosen.open)
  const open = rows.filter(({ id }) => isOpen.has(id)).map(outboxRecord)
  const due = rows.filter(({ id }) => !isOpen.has(id)).map(outboxRecord)
  return { open, due, complete: page.length < PAGE_ROWS }
}

interface Candidate {
  readonly id: string
  readonly topic: string
  readonly key: string
}
