import { ErrorCode } from '#libs/kafka-protocol'
import type { Alarms } from '../alarms.ts'
import type { GroupStore } from './group-store.ts'

/** The group goes, and its offsets with it. Resolves to the error that is answered when the disk refuses. */
export async function forgetGroup(
  { store, alarms }: { readonly store: GroupStore; readonly alarms: Alarms<string> },
  groupId: string,
): Promise<ErrorCode | undefined> {
  const { committed } = store.offsetsOf(groupId)
  const record = { type: 'GroupDeleted', groupId } as const
  store.remove(groupId)
  store.evolve(record)
  alarms.cancel(groupId)
  try {
    await store.append([record], committed)
    return undefined
  } catch {
    return ErrorCode.COORDINATOR_NOT_AVAILABLE
  }
}
