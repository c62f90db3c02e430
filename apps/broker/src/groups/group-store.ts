import {
  type ConsumerGroup,
  evolveConsumerGroup,
  newConsumerGroup,
  snapshotOfConsumerGroup,
} from '../consumer-groups/consumer-group.ts'
import type { ConsumerRecord } from '../consumer-groups/consumer-records.ts'
import { RecordLog } from '../journal/record-log.ts'
import type { LogManager } from '../log/log-manager.ts'
import type { Offsets } from './committed-offsets.ts'
import { evolveGroup, type Group, newGroup } from './group.ts'
import { evolveOffsets, type GroupOffsets, hasOffsets, NO_OFFSETS, snapshotOfOffsets } from './group-offsets.ts'
import { type GroupRecord, snapshotOfGroup } from './records.ts'

/** `meant`: the offsets that the record ends or deletes without naming them. */
export type RecordListener = (record: GroupRecord, meant: Offsets | undefined) => void

/** The groups and their offsets as of now, and the journal that they are read from after a restart. */
export class GroupStore {
  /** Every classic group that is known, if only because somebody has committed offsets for it. */
  readonly #groups = new Map<string, Group>()
  /** Those that speak the consumer protocol; none of them is among the others. */
  readonly #consumer = new Map<string, ConsumerGroup>()
  readonly #offsets = new Map<string, GroupOffsets>()
  readonly #listeners = new Set<RecordListener>()
  #records!: RecordLog<GroupRecord>

  private constructor() {}

  static async open(logs: LogManager): Promise<GroupStore> {
    const store = new GroupStore()
    store.#records = await RecordLog.open<GroupRecord>(
      logs,
      'groups',
      (record) => store.#replay(record),
      () => store.#snapshot(),
    )
    return store
  }

  all(): Iterable<Group> {
    return this.#groups.values()
  }

  find(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  allConsumer(): Iterable<ConsumerGroup> {
    return this.#consumer.values()
  }

  findConsumer(groupId: string): ConsumerGroup | undefined {
    return this.#consumer.get(groupId)
  }

  /** Whatever protocol it speaks. */
  has(groupId: string): boolean {
    return this.#groups.has(groupId) || this.#consumer.has(groupId)
  }

  allOffsets(): Iterable<readonly [groupId: string, offsets: GroupOffsets]> {
    return this.#offsets
  }

  /** What is committed and pending, whether it is on disk or not. */
  offsetsOf(groupId: string): GroupOffsets {
    return this.#offsets.get(groupId) ?? NO_OFFSETS
  }

  put(group: Group): void {
    this.#consumer.delete(group.groupId)
    this.#groups.set(group.groupId, group)
  }

  putConsumer(group: ConsumerGroup): void {
    this.#groups.delete(group.groupId)
    this.#consumer.set(group.groupId, group)
  }

  /** The group itself; its offsets go with the record that says so. */
  remove(groupId: string): void {
    this.#groups.delete(groupId)
    this.#consumer.delete(groupId)
  }

  /** What the record says of offsets; what it says of members is in the decision that led to it. */
  evolve(record: GroupRecord): void {
    const { groupId } = record
    const before = this.offsetsOf(groupId)
    const after = evolveOffsets(before, record)
    if (after === before) return
    if (hasOffsets(after)) this.#offsets.set(groupId, after)
    else this.#offsets.delete(groupId)
  }

  /** Resolves when the records, and all before them, are on disk, and the listeners know. Rejects with StorageError. */
  async append(records: readonly GroupRecord[], meant?: Offsets): Promise<void> {
    await this.#records.append(records)
    for (const listener of this.#listeners) for (const record of records) listener(record, meant)
  }

  /** Resolves when everything that was appended by now is on disk. Rejects with StorageError. */
  settled(): Promise<void> {
    return this.#records.settled()
  }

  /** Calls `listener` with every record once it is on disk. It must not throw. */
  onRecord(listener: RecordListener): void {
    this.#listeners.add(listener)
  }

  #replay(record: GroupRecord): void {
    const { groupId } = record
    this.evolve(record)
    const consumer = this.findConsumer(groupId)
    if (record.type === 'GroupDeleted') this.remove(groupId)
    else if (isOfConsumerGroup(record)) {
      this.putConsumer(evolveConsumerGroup(consumer ?? newConsumerGroup(groupId), record))
    } else if (consumer === undefined || record.type === 'GenerationStarted')
      this.put(evolveGroup(this.find(groupId) ?? newGroup(groupId, 0), record))
  }

  *#snapshot(): Generator<GroupRecord> {
    for (const group of this.all()) {
      yield* snapshotOfGroup(group)
      yield* snapshotOfOffsets(group.groupId, this.offsetsOf(group.groupId))
    }
    for (const group of this.allConsumer()) {
      yield* snapshotOfConsumerGroup(group)
      yield* snapshotOfOffsets(group.groupId, this.offsetsOf(group.groupId))
    }
  }
}

const isOfConsumerGroup = (record: GroupRecord): record is ConsumerRecord => record.type.startsWith('Consumer')
