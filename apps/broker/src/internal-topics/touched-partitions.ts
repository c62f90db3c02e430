import type { Settings } from '../config/settings.ts'
import type { Transaction } from '../transactions/transaction.ts'
import { CONSUMER_OFFSETS } from './names.ts'
import { partitionOf } from './state-topic.ts'

/** What is part of a transaction, as Kafka says it: groups are the partitions in which their offsets lie. */
export function touchedPartitions(
  { partitions, groups }: Transaction,
  settings: Settings,
): { readonly topic: string; readonly partitions: readonly number[] }[] {
  const touched = Array.from(partitions, ([topic, indexes]) => ({ topic, partitions: [...indexes] }))
  if (groups.size === 0) return touched
  const count = settings['offsets.topic.num.partitions']
  const ofGroups = new Set(Array.from(groups, (groupId) => partitionOf(groupId, count)))
  return [...touched, { topic: CONSUMER_OFFSETS, partitions: [...ofGroups] }]
}
