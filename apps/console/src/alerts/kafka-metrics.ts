import { sharedAnswer } from '#libs/http'
import { gauge, metrics } from '#libs/observability'
import type { KafkaView } from '../kafka-view.ts'

/** However many look, Kafka is asked so often, milliseconds. */
const LOOKS_APART_MS = 5_000
/** Groups are made by whoever uses Kafka. */
const MOST_GROUPS = 100

/** Tells what Kafka's admin API says of groups and replicas, whenever somebody looks at metrics; the same on any Kafka. */
export const observeKafka = (kafka: KafkaView): void => {
  const ask = sharedAnswer(() => kafka.groups(), LOOKS_APART_MS)
  gauge(metrics.kafka.groupLag, async (lags) => {
    const { items } = await ask()
    const most = items.toSorted((a, b) => b.lag - a.lag)
    lags.reset()
    for (const { groupId: group, lag } of most.slice(0, MOST_GROUPS)) lags.set({ group }, lag)
    const others = most.slice(MOST_GROUPS).reduce((sum, { lag }) => sum + lag, 0)
    if (most.length > MOST_GROUPS) lags.set({ group: 'others' }, others)
  })
  const replicas = sharedAnswer(() => kafka.replicas(), LOOKS_APART_MS)
  gauge(metrics.kafka.underReplicated, async (partitions) => {
    partitions.set((await replicas()).filter(({ inSync, replicas }) => inSync.length < replicas.length).length)
  })
  gauge(metrics.kafka.withoutLeader, async (partitions) => {
    partitions.set((await replicas()).filter(({ leader }) => leader < 0).length)
  })
}
