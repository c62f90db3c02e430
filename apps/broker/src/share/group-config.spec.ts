import { expect, test } from 'vitest'
import { LiveSettings } from '../config/live-settings.ts'
import { groupConfigProblem, shareGroupConfig } from './group-config.ts'

const { values: broker } = new LiveSettings({ 'group.share.record.lock.duration.ms': '20000' })

test('what a group does not say is the broker’s, or Kafka’s default', () => {
  expect(shareGroupConfig({ 'share.delivery.count.limit': '3' }, broker)).toEqual({
    ...{ sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000, recordLockDurationMs: 20_000, deliveryCountLimit: 3 },
    ...{ maxRecordLocks: 2000, autoOffsetReset: 'latest', isReadCommitted: false, mayRenew: true },
    ...{ deadLetterTopic: '', copiesDeadLetters: false },
  })
})

test.each([
  ['by_duration:PT1H30M', 5_400_000],
  ['by_duration:P2DT0.5S', 172_800_500],
])('where it begins may be a time ago: %s', (value, byDurationMs) => {
  expect(groupConfigProblem('share.auto.offset.reset', value, broker)).toBeUndefined()
  expect(shareGroupConfig({ 'share.auto.offset.reset': value }, broker).autoOffsetReset).toEqual({ byDurationMs })
})

test.each([
  ['share.auto.offset.reset', 'none'],
  ['share.auto.offset.reset', 'by_duration:PT'],
  ['share.auto.offset.reset', 'by_duration:PT-1H'],
  ['errors.deadletterqueue.topic.name', '__dlq'],
  ['share.isolation.level', 'serializable'],
  ['share.record.lock.duration.ms', '14999'],
  ['share.record.lock.duration.ms', '60001'],
  ['share.delivery.count.limit', '11'],
  ['share.partition.max.record.locks', 'many'],
  ['share.unknown', '1'],
])('%s=%s is refused by its name', (name, value) => {
  expect(groupConfigProblem(name, value, broker)).toContain(name)
})
