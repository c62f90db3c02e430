import {
  encodeInternal,
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue,
} from '#libs/kafka-protocol'
import type { Offsets } from '../groups/committed-offsets.ts'
import type { GroupCoordinator } from '../groups/coordinator.ts'
import type { RecordedGeneration } from '../groups/recorded-generation.ts'
import type { GroupRecord } from '../groups/records.ts'
import type { StateKey, StateRecord, StateSource } from './state-source.ts'

/** `__consumer_offsets`: the last generation of each group, and each offset that is committed. */
export class ConsumerOffsets implements StateSource {
  constructor(
    private readonly groups: GroupCoordinator,
    private readonly now: () => number,
  ) {}

  *keys(): Generator<StateKey> {
    for (const { groupId, recorded } of this.groups.all()) {
      if (recorded !== undefined) yield [groupId]
      yield* keysOf(groupId, this.groups.offsetsOf(groupId).committed)
    }
    for (const { groupId } of this.groups.consumer.all()) {
      yield* keysOf(groupId, this.groups.offsetsOf(groupId).committed)
    }
  }

  record(key: StateKey): StateRecord {
    const [groupId, topic, partition] = key
    if (topic === undefined || partition === undefined) return this.generation(groupId)
    const committed = this.groups.offsetsOf(groupId).committed.get(topic)?.get(partition)
    const encodedKey = encodeInternal(offsetCommitKey, { group: groupId, topic, partition })
    if (committed === undefined) return { timestamp: this.now(), key: encodedKey, value: null }
    const { offset, leaderEpoch, metadata, committedAt } = committed
    const value = encodeInternal(offsetCommitValue, { offset, leaderEpoch, metadata, commitTimestamp: committedAt })
    return { timestamp: committedAt, key: encodedKey, value }
  }

  onChange(listener: (key: StateKey) => void): void {
    this.groups.onRecord((record, meant) => {
      for (const key of changedBy(record, meant)) listener(key)
    })
  }

  settled(): Promise<void> {
    return this.groups.settled()
  }

  private generation(groupId: string): StateRecord {
    const key = encodeInternal(groupMetadataKey, { group: groupId })
    const recorded = this.groups.find(groupId)?.recorded
    return recorded === undefined
      ? { timestamp: this.now(), key, value: null }
      : { timestamp: recorded.started.at, key, value: generationValue(recorded) }
  }
}

function* keysOf(groupId: string, offsets: Offsets): Generator<StateKey> {
  for (const [topic, partitions] of offsets)
    for (const partition of partitions.keys()) yield [groupId, topic, partition]
}

function* changedBy(record: GroupRecord, meant: Offsets = new Map()): Generator<StateKey> {
  const { groupId } = record
  switch (record.type) {
    case 'GenerationStarted':
    case 'AssignmentsMade':
    case 'StaticMemberReplaced':
      yield [groupId]
      break
    case 'OffsetsCommitted':
    case 'OffsetsDeleted':
      for (const { topic, partition } of record.offsets) yield [groupId, topic, partition]
      break
    case 'ConsumerGroupStarted':
      yield [groupId]
      break
    case 'OffsetsPending':
      break
    case 'TransactionEnded':
      if (record.commit) yield* keysOf(groupId, meant)
      break
    case 'GroupDeleted':
      yield* keysOf(groupId, meant)
      yield [groupId]
  }
}

function generationValue({ started, assigned }: RecordedGeneration): Buffer {
  const { protocolType, generation, protocol, leader, at: currentStateTimestamp } = started
  const members = started.members.map((member) => ({
    ...{ memberId: member.memberId, groupInstanceId: member.instanceId },
    ...{ clientId: member.clientId, clientHost: member.clientHost },
    ...{ rebalanceTimeout: member.rebalanceTimeoutMs, sessionTimeout: member.sessionTimeoutMs },
    subscription: bytesOf(member.protocols.find(({ name }) => name === protocol)?.metadata),
    assignment: bytesOf(assigned?.assignments[member.memberId]),
  }))
  const head = { protocolType: protocolType ?? '', generation, protocol, leader, currentStateTimestamp }
  return encodeInternal(groupMetadataValue, { ...head, members })
}

const bytesOf = (base64 = ''): Buffer => Buffer.from(base64, 'base64')
