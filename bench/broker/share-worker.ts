import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Api,
  type Decoded,
  type Encodable,
  ErrorCode,
  type Fields,
  incrementalAlterConfigs,
  Reader,
  readResponseHeader,
  shareAcknowledge,
  shareFetch,
  shareGroupHeartbeat,
} from '#libs/kafka-protocol'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'

const GROUP = 32
const ACCEPT = 1
const RECORD_LIMIT = 1
const ASK_AGAIN_MS = 20

/** First and last offset, both included. */
type Range = readonly [first: number, last: number]

/** A member of a share group that has the first partition of a topic, on a connection of its own: fetches, accepts. */
export class ShareWorker {
  private sessionEpoch = 0
  /** What it was given and has not accepted yet. */
  private held: Range[] = []

  private constructor(
    private readonly connection: LoadConnection,
    private readonly groupId: string,
    private readonly memberId: string,
    private readonly topicId: string,
  ) {}

  /** Joins the group, and waits for the partition. */
  static async join(broker: BrokerUnderTest, groupId: string, topic: string): Promise<ShareWorker> {
    const connection = await LoadConnection.to(broker)
    const member = { groupId, memberId: randomBytes(16).toString('base64url'), rackId: null }
    let memberEpoch = 0
    for (;;) {
      const subscribedTopicNames = memberEpoch === 0 ? [topic] : null
      const answer = await ask(connection, shareGroupHeartbeat, 1, { ...member, memberEpoch, subscribedTopicNames })
      // Kafka makes the topics of its coordinators at the first question.
      if (answer.errorCode === ErrorCode.NONE) memberEpoch = answer.memberEpoch
      const topicId = answer.assignment?.topicPartitions[0]?.topicId
      if (topicId !== undefined) return new ShareWorker(connection, groupId, member.memberId, topicId)
      await pause(ASK_AGAIN_MS)
    }
  }

  /** Accepts what it holds and takes more, in one request, as Java's consumer does. Answers how many records were accepted. */
  async work(maxRecords: number): Promise<number> {
    const accepted = this.takeHeld()
    const answer = await this.fetch(maxRecords, accepted)
    const [part] = answer.responses.flatMap(({ partitions }) => partitions)
    checked(answer.errorCode, 'ShareFetch')
    if (part === undefined) return countOf(accepted)
    checked(part.errorCode, 'ShareFetch, the partition')
    checked(part.acknowledgeErrorCode, 'ShareFetch, the acknowledgement')
    this.held = part.acquiredRecords.map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset])
    return countOf(accepted)
  }

  /** Accepts what it holds, in a request of its own. */
  async accept(): Promise<void> {
    const acknowledgementBatches = batchesOf(this.takeHeld())
    const { groupId, memberId, topicId } = this
    const answer = await ask(this.connection, shareAcknowledge, 1, {
      ...{ groupId, memberId, shareSessionEpoch: this.sessionEpoch++ },
      topics: [{ topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches }] }],
    })
    checked(answer.errorCode, 'ShareAcknowledge')
    checked(answer.responses[0]!.partitions[0]!.errorCode, 'ShareAcknowledge, the partition')
  }

  get holds(): number {
    return countOf(this.held)
  }

  close(): void {
    this.connection.close()
  }

  private takeHeld(): readonly Range[] {
    return this.held.splice(0)
  }

  private fetch(maxRecords: number, accepted: readonly Range[]) {
    const { groupId, memberId, topicId } = this
    const partitions = [{ partitionIndex: 0, acknowledgementBatches: batchesOf(accepted) }]
    return ask(this.connection, shareFetch, 2, {
      ...{ groupId, memberId, shareSessionEpoch: this.sessionEpoch++, shareAcquireMode: RECORD_LIMIT },
      ...{ maxWaitMs: 100, minBytes: 1, maxBytes: 1024 * 1024, maxRecords, batchSize: maxRecords, isRenewAck: false },
      ...{ topics: [{ topicId, partitions }], forgottenTopicsData: [] },
    })
  }
}

/** Has the group, which need not exist, begin at the start of a topic. */
export const beginAtTheStart = async (broker: BrokerUnderTest, groupId: string): Promise<void> => {
  const connection = await LoadConnection.to(broker)
  const configs = [{ name: 'share.auto.offset.reset', value: 'earliest', configOperation: 0 }]
  const resources = [{ resourceType: GROUP, resourceName: groupId, configs }]
  const { responses } = await ask(connection, incrementalAlterConfigs, 1, { resources, validateOnly: false })
  checked(responses[0]!.errorCode, 'IncrementalAlterConfigs')
  connection.close()
}

const ask = async <Q extends Fields, S extends Fields>(
  connection: LoadConnection,
  api: Api<Q, S>,
  version: number,
  body: Encodable<Q>,
): Promise<Decoded<S>> => {
  const reader = new Reader(await connection.send(encodedRequest(api, version, body)))
  readResponseHeader(reader, api as never, version)
  return api.readResponse(reader, version)
}

const checked = (errorCode: number, what: string): void => {
  if (errorCode !== ErrorCode.NONE) throw new Error(`${what} answered error ${errorCode}`)
}

const batchesOf = (ranges: readonly Range[]) =>
  ranges.map(([firstOffset, lastOffset]) => ({ firstOffset, lastOffset, acknowledgeTypes: [ACCEPT] }))

const countOf = (ranges: readonly Range[]): number => ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
