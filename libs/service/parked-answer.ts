import { isUtf8 } from 'node:buffer'
import { attemptsIn, maskTokens, type ParkedItem, type ParkedRecord, type RedriveProgress } from '#libs/messaging'

export const presentParked = (item: ParkedItem) => ({
  id: String(item.id),
  topic: item.topic,
  partition: item.partition,
  offset: Number(item.offset),
  key: item.key === null ? null : Buffer.from(item.key).toString('utf8'),
  messageId: item.messageId,
  type: item.type,
  ...(item.orderId === null ? {} : { orderId: item.orderId }),
  status: item.status,
  reason: item.reason,
  error: item.error,
  attempts: item.attempts,
  ...(item.nextAttemptAt === null ? {} : { nextAttemptAt: item.nextAttemptAt.toISOString() }),
  parkedAt: item.parkedAt.toISOString(),
  ...(item.workedBy === null ? {} : { workedBy: item.workedBy }),
  ...(item.resolution === null ? {} : { resolution: item.resolution, settledAt: item.settledAt!.toISOString() }),
})

/** The whole record: headers, value, each attempt, and how many wait behind it. */
export const presentRecord = (record: ParkedRecord) => {
  const failedAttempts = attemptsIn(record.attemptLog)
  const stack = failedAttempts.at(-1)?.stack
  return {
    ...presentParked(record),
    ...(stack === undefined ? {} : { stack }),
    headers: JSON.parse(record.headers) as Record<string, unknown>,
    ...presentValue(record.value),
    failedAttempts,
    behind: record.behind,
    ...(record.original === null ? {} : { original: originalOf(record.original) }),
  }
}

/** As text where it is text, else in base64. */
const presentValue = (value: Uint8Array | null): { value: string | null; encoding?: 'base64' } => {
  if (value === null) return { value: null }
  const bytes = maskTokens(Buffer.from(value))
  return isUtf8(bytes) ? { value: bytes.toString('utf8') } : { value: bytes.toString('base64'), encoding: 'base64' }
}

const originalOf = (json: string) => {
  const { headers, value } = JSON.parse(json) as { headers: Record<string, string>; value: string | null }
  return { headers, ...presentValue(value === null ? null : Buffer.from(value, 'base64')) }
}

export const presentRedrive = ({ filter, createdAt, endedAt, ...redrive }: RedriveProgress) => ({
  ...redrive,
  kind: 'redrive',
  state: endedAt === null ? 'running' : 'completed',
  filter: JSON.parse(filter) as Record<string, unknown>,
  createdAt: createdAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
})
