import type { LogManager } from '../log/log-manager.ts'
import { partitionsOf, topicsOf } from './group-offsets.ts'
import type { GroupStore } from './group-store.ts'
import { decideTransactionEnd } from './offsets.ts'
import { offsetsBeyondEnd } from './offsets-beyond-end.ts'
import type { GroupRecord } from './records.ts'

// What happens to offsets without any member's word, whatever protocol the group speaks. Each of them may be repeated: one
// that has nothing to say writes down what an earlier attempt could not. All reject with StorageError.

/** Offsets pending for this producer count from now on, or are dropped. */
export const endTransaction = async (
  store: GroupStore,
  groupId: string,
  producerId: number,
  commit: boolean,
): Promise<void> => {
  if (!store.has(groupId)) return
  const before = store.offsetsOf(groupId)
  const records = decideTransactionEnd(groupId, before, producerId, commit)
  for (const record of records) store.evolve(record)
  await store.append(records, before.pending.get(producerId))
}

export function* openTransactions(
  store: GroupStore,
): Generator<{ readonly groupId: string; readonly producerId: number }> {
  for (const [groupId, { pending }] of store.allOffsets())
    for (const producerId of pending.keys()) yield { groupId, producerId }
}

/** A topic that is gone takes the offsets committed for it along, as a new one of that name starts from nothing. */
export const forgetTopics = async (store: GroupStore, isGone: (topic: string) => boolean): Promise<void> => {
  const records = [...store.allOffsets()].flatMap(([groupId, known]): GroupRecord[] => {
    const offsets = topicsOf(known)
      .filter(isGone)
      .flatMap((topic) => partitionsOf(known, topic))
    return offsets.length === 0 ? [] : [{ type: 'OffsetsDeleted', groupId, offsets }]
  })
  for (const record of records) store.evolve(record)
  await store.append(records)
}

/** After a power cut, once the logs are open: what they lost must not be skipped when others take its place. */
export const bringBackOffsets = async (store: GroupStore, logs: LogManager): Promise<void> => {
  const endOf = (topic: string, partition: number) => logs.partition(topic, partition)?.logEndOffset
  for (const [groupId, offsets] of [...store.allOffsets()]) {
    const records = offsetsBeyondEnd(groupId, offsets, endOf)
    if (records.length === 0) continue
    for (const record of records) store.evolve(record)
    await store.append(records)
  }
}
