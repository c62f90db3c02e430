import { expect, test } from 'vitest'
import { type TopicSettings, topics } from '#libs/contracts'
import { retentionAsSet } from '#libs/database'
import { inboxRetention } from './retention.ts'

const DAY_MS = 86_400_000

test('a message that its topic does not keep for ever finds its claim for as long as it can be delivered', () => {
  const limited = Object.values<TopicSettings>(topics).flatMap(({ retentionMs, compacted }) =>
    retentionMs < 0 || compacted ? [] : [retentionMs],
  )
  expect(limited).not.toEqual([])
  // The rest of its segment, at Kafka's default, and some time to be handled in.
  for (const retentionMs of limited) expect(inboxRetention.keptMs).toBeGreaterThanOrEqual(retentionMs + 8 * DAY_MS)
})

test('a setting takes the place of the default, and says when it is less than is safe', () => {
  const setTo = (days: number) => retentionAsSet(inboxRetention, { INBOX_RETENTION_HOURS: days * 24 })
  expect(retentionAsSet(inboxRetention, {})).toMatchObject({ keptMs: inboxRetention.keptMs, isShort: false })
  expect(setTo(30)).toMatchObject({ keptMs: 30 * DAY_MS, isShort: false })
  expect(setTo(1)).toMatchObject({ keptMs: DAY_MS, isShort: true })
})
