import { ErrorCode, type fetch, type RequestOf } from '#libs/kafka-protocol'
import type { ReadableLog, ReadableTopics } from '../internal-topics/readable-log.ts'

export type FetchRequest = RequestOf<typeof fetch>

/** What is asked of one partition. */
export interface Wanted {
  /** Empty where topics are named by id. */
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: number
  readonly maxBytes: number
  readonly leaderEpoch: number
}

/** The same, with the log it means, unless it means none. */
export interface Part extends Wanted {
  readonly log: ReadableLog | undefined
  readonly errorCode: ErrorCode
}

export function wantedIn({ topics }: FetchRequest): Wanted[] {
  const wanted: Wanted[] = []
  for (const { topic, topicId, partitions } of topics) {
    for (const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch } of partitions) {
      const leaderEpoch = currentLeaderEpoch
      wanted.push({ topic, topicId, partition, offset: fetchOffset, maxBytes: partitionMaxBytes, leaderEpoch })
    }
  }
  return wanted
}

export function partOf(wanted: Wanted, topics: ReadableTopics, byId: boolean): Part {
  const topic = byId ? topics.findById(wanted.topicId) : topics.find(wanted.topic)
  const log = topic?.logs[wanted.partition]
  const unknown = byId && topic === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const errorCode = log === undefined ? unknown : epochError(wanted.leaderEpoch, log)
  return { ...wanted, log, errorCode }
}

/** Whether the client speaks to the leader it believes to speak to; a negative epoch is no belief. */
export function epochError(clientEpoch: number, log: ReadableLog): ErrorCode {
  if (clientEpoch < 0 || clientEpoch === log.leaderEpoch) return ErrorCode.NONE
  return clientEpoch < log.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH
}
