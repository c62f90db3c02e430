import { type ReceivedRecord, type Topic, type WireRecord } from '#libs/contracts'

/** Where the reply to a question goes, and until when anybody waits for it. */
export interface ReturnAddress {
  readonly topic: Topic
  /** The one that the process which asked reads, of its own and without a group. */
  readonly partition: number
  /** The process that asked: others may read the same partition. */
  readonly requester: string
  /** Milliseconds since the epoch, by the clock of whoever asked. */
  readonly deadline: number
}

export const REPLY_TOPIC = 'replies' satisfies Topic

/** The question as it is sent. */
export const withReturnAddress = (
  record: WireRecord,
  { partition, requester, deadline }: Omit<ReturnAddress, 'topic'>,
): WireRecord => ({
  ...record,
  headers: {
    ...record.headers,
    replyto: REPLY_TOPIC,
    replypartition: String(partition),
    requester,
    deadline: new Date(deadline).toISOString(),
  },
})

/** The reply as it is sent: it names the process that it is for. */
export const addressedTo = (record: WireRecord, { requester }: ReturnAddress): WireRecord => ({
  ...record,
  headers: { ...record.headers, requester },
})

/** Whom a received reply is for; undefined when it does not say so. */
export const addresseeOf = ({ headers }: ReceivedRecord): string | undefined => text(headers?.requester)

/** Total: whatever arrives, it is an address or none. Replies go to no other topic than the one that is there for them. */
export const returnAddressOf = ({ headers }: ReceivedRecord): ReturnAddress | undefined => {
  const requester = text(headers?.requester)
  const partition = Number(text(headers?.replypartition) || Number.NaN)
  const deadline = Date.parse(text(headers?.deadline) ?? '')
  if (requester === undefined || Number.isNaN(deadline) || text(headers?.replyto) !== REPLY_TOPIC) return undefined
  if (!Number.isInteger(partition) || partition < 0 || partition > MOST_PARTITIONS) return undefined
  return { topic: REPLY_TOPIC, partition, requester, deadline }
}

const MOST_PARTITIONS = 100_000

const text = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined
}
