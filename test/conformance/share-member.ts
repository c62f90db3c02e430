import { randomBytes } from 'node:crypto'
import {
  BatchReader,
  batchAttributes,
  batchBaseOffset,
  batchSize,
  describeConfigs,
  ErrorCode,
  incrementalAlterConfigs,
  isControl,
  plainBatch,
  shareAcknowledge,
  shareFetch,
  shareGroupHeartbeat,
} from '#libs/kafka-protocol'
import { until } from '../support/until.ts'
import type { KafkaUnderTest, TestTopic } from './kafka-under-test.ts'
import type { ProtocolClient } from './protocol-client.ts'

export const AcknowledgeType = { gap: 0, accept: 1, release: 2, reject: 3, renew: 4 } as const

interface FetchOptions {
  readonly maxWaitMs?: number
  readonly maxRecords?: number
  readonly batchSize?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly isRenewAck?: boolean
  readonly mode?: 0 | 1
  readonly partition?: number
  readonly acknowledge?: readonly Acknowledgement[]
  readonly epoch?: number
}

/** First and last offset, and one type for all or one for each. */
export type Acknowledgement = readonly [first: number, last: number, ...types: number[]]

/** First and last offset, and how often they were delivered. */
export type Acquired = readonly [first: number, last: number, deliveryCount: number]

/** A member of a share group, on a connection of its own, that does exactly what a test wants. */
export class ShareMember {
  memberEpoch = 0
  /** Of the next request of its share session. */
  sessionEpoch = 0
  assigned: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] = []

  private constructor(
    readonly groupId: string,
    readonly client: ProtocolClient,
    readonly memberId = randomBytes(16).toString('base64url'),
  ) {}

  static async of(kafka: KafkaUnderTest, groupId: string, memberId?: string): Promise<ShareMember> {
    return new ShareMember(groupId, await kafka.connect(), memberId)
  }

  /** A member that has joined and was assigned all partitions of the topic. */
  static async joined(kafka: KafkaUnderTest, groupId: string, topic: TestTopic, partitions = 1): Promise<ShareMember> {
    const member = await ShareMember.of(kafka, groupId)
    await member.heartbeat([topic.name])
    await member.isAssigned(partitions)
    return member
  }

  /** Kafka assigns partitions once their state is there. */
  async isAssigned(partitions: number): Promise<void> {
    await until('an assignment', async () => {
      if (this.assigned.reduce((sum, topic) => sum + topic.partitions.length, 0) === partitions) return true
      await this.heartbeat()
      return undefined
    })
  }

  async heartbeat(topics: readonly string[] | null = null, epoch = this.memberEpoch) {
    const { groupId, memberId } = this
    const request = { groupId, memberId, memberEpoch: epoch, subscribedTopicNames: topics }
    const answer = await this.client.send(shareGroupHeartbeat, 1, request)
    if (answer.errorCode === ErrorCode.NONE) {
      this.memberEpoch = answer.memberEpoch
      if (answer.assignment !== null) this.assigned = answer.assignment.topicPartitions
    }
    return answer
  }

  leave() {
    return this.heartbeat(null, -1)
  }

  /** The whole answer to one ShareFetch. */
  async fetchAll(topic: TestTopic, options: FetchOptions = {}) {
    const { maxWaitMs = 0, maxRecords = 500, batchSize = 500, minBytes = 1, maxBytes = 1_000_000, mode = 0 } = options
    const { partition = 0, acknowledge = [], epoch = this.sessionEpoch, isRenewAck = false } = options
    const partitions = [{ partitionIndex: partition, acknowledgementBatches: acknowledge.map(batchOf) }]
    const answer = await this.client.send(shareFetch, 2, {
      ...{ groupId: this.groupId, memberId: this.memberId, shareSessionEpoch: epoch },
      ...{ maxWaitMs, minBytes, maxBytes, maxRecords, batchSize, shareAcquireMode: mode, isRenewAck },
      ...{ topics: [{ topicId: topic.topicId, partitions }], forgottenTopicsData: [] },
    })
    if (answer.errorCode === ErrorCode.NONE) this.sessionEpoch = epoch < 0 ? 0 : epoch + 1
    return answer
  }

  /** What it was given: the records' values, and how they were acquired; opens a session if there is none. */
  async fetch(topic: TestTopic, options: FetchOptions = {}) {
    const answer = await this.fetchAll(topic, options)
    if (answer.errorCode !== ErrorCode.NONE) throw new Error(`ShareFetch answered ${answer.errorCode}`)
    const [found] = answer.responses.flatMap(({ partitions }) => partitions)
    if (found !== undefined && found.errorCode !== ErrorCode.NONE) {
      throw new Error(`ShareFetch answered ${found.errorCode} for the partition: ${found.errorMessage}`)
    }
    const acquired = (found?.acquiredRecords ?? []).map(({ firstOffset, lastOffset, deliveryCount }): Acquired => {
      return [firstOffset, lastOffset, deliveryCount]
    })
    return {
      acquired,
      acknowledgeErrorCode: found?.acknowledgeErrorCode ?? ErrorCode.NONE,
      values: recordsOf(found?.records ?? Buffer.alloc(0))
        .filter(({ offset }) => acquired.some(([first, last]) => first <= offset && offset <= last))
        .map(({ value }) => value),
    }
  }

  /** Asks until it is given something. */
  async receive(topic: TestTopic, options: FetchOptions = {}) {
    return until('records', async () => {
      const found = await this.fetch(topic, { maxWaitMs: 500, ...options })
      return found.acquired.length > 0 ? found : undefined
    })
  }

  /** The error of the partition, or of the request. */
  async acknowledge(topic: TestTopic, ...batches: readonly Acknowledgement[]): Promise<number> {
    const answer = await this.acknowledgeAll(topic, batches)
    return answer.responses[0]?.partitions[0]?.errorCode ?? answer.errorCode
  }

  async acknowledgeAll(
    topic: TestTopic,
    batches: readonly Acknowledgement[],
    { epoch = this.sessionEpoch, isRenewAck = false, partition = 0 } = {},
  ) {
    const partitions = [{ partitionIndex: partition, acknowledgementBatches: batches.map(batchOf) }]
    const answer = await this.client.send(shareAcknowledge, 2, {
      ...{ groupId: this.groupId, memberId: this.memberId, shareSessionEpoch: epoch, isRenewAck },
      topics: batches.length === 0 ? [] : [{ topicId: topic.topicId, partitions }],
    })
    if (answer.errorCode === ErrorCode.NONE) this.sessionEpoch = epoch < 0 ? 0 : epoch + 1
    return answer
  }
}

const batchOf = ([firstOffset, lastOffset, ...acknowledgeTypes]: Acknowledgement) => ({
  ...{ firstOffset, lastOffset, acknowledgeTypes },
})

const UNCOMPRESSED_LIMIT = 10_000_000

function recordsOf(bytes: Buffer): { offset: number; value: string }[] {
  const reader = new BatchReader()
  const found: { offset: number; value: string }[] = []
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    if (isControl(batchAttributes(bytes, at))) continue
    const base = batchBaseOffset(bytes, at)
    for (const { offsetDelta, value } of reader.read(plainBatch(bytes, at, UNCOMPRESSED_LIMIT), 0)) {
      found.push({ offset: base + offsetDelta, value: value?.toString() ?? '' })
    }
  }
  return found
}

/** Sets what a group obeys; resolves when it does. */
export async function configureGroup(kafka: KafkaUnderTest, groupId: string, settings: Record<string, string>) {
  const configs = Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: 0 }))
  const resources = [{ resourceType: GROUP, resourceName: groupId, configs }]
  const [answer] = (await kafka.client.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })).responses
  if (answer!.errorCode !== ErrorCode.NONE) throw new Error(`${groupId}: ${answer!.errorMessage}`)
  await until('the settings of a group', async () => {
    const wanted = [{ resourceType: GROUP, resourceName: groupId, configurationKeys: null }]
    const { results } = await kafka.client.send(describeConfigs, 4, { resources: wanted })
    const found = new Map(results[0]!.configs.map(({ name, value }) => [name, value]))
    return configs.every(({ name, value }) => found.get(name) === value) || undefined
  })
}

const GROUP = 32

/** A group that begins at the start of the log. */
export async function earliestGroup(kafka: KafkaUnderTest, settings: Record<string, string> = {}): Promise<string> {
  const groupId = kafka.name('share')
  await configureGroup(kafka, groupId, { 'share.auto.offset.reset': 'earliest', ...settings })
  return groupId
}
