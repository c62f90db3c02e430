import { ErrorCode, isRetriable } from '#libs/kafka-protocol'
import { createLogger } from '#libs/logging'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { Limit } from '../disk/limit.ts'
import { StorageError } from '../log/log-error.ts'
import type { Controller } from '../metadata/controller.ts'
import { isRefusal } from '../metadata/refusal.ts'
import type { Topic } from '../metadata/topics.ts'
import { deadLetterBatch } from './dead-letter-batch.ts'
import { DEAD_LETTER_CONFIGS, deadLetterTopic } from './dead-letter-topic.ts'
import type { ShareGroupConfig } from './group-config.ts'
import { originalRecords } from './original-records.ts'
import type { TopicIdPartition } from './records.ts'
import { recordsIn, type ShareMetrics } from './share-metrics.ts'
import type { Span } from './window.ts'

export interface DeadLetterParts {
  readonly controller: Controller
  readonly settings: Settings
  readonly clock: Clock
  readonly metrics: ShareMetrics
  configOf(groupId: string): ShareGroupConfig
  /** The first stretch of records that wait for their dead letter. */
  next(groupId: string, at: TopicIdPartition): Span | undefined
  /** They are done with, with or without a letter. Resolves when that is on disk, or the disk refuses. */
  archive(groupId: string, at: TopicIdPartition, done: Span): Promise<void>
}

/** Partitions that are written at once: each may read a block for it. */
const AT_ONCE = 4
/** Letters of one batch. */
const LETTERS = 1000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

/** What has come of one round: it goes on behind `done`, or is repeated where that is undefined. */
interface Round {
  readonly done: Span | undefined
  readonly problem?: string
}

/**
 * Writes what share groups have given up to their dead letter topics (KIP-1191), partition by partition, in order.
 *
 * Crash story. That a record is to be archived is on disk first, then its letter, then that it is archived. Whatever dies
 * in between, the letter is written by the next life: at least once, so it may be there twice. What can be written
 * nowhere, because no topic takes it, is archived all the same, logged and counted, as in Kafka; a disk that refuses is
 * asked again for as long as it does, which holds up this partition only, and its window is bounded.
 */
export class DeadLetters {
  private readonly underWay = new Set<string>()
  private readonly pauses = new Set<() => void>()
  private readonly limit = new Limit(AT_ONCE)
  private readonly log = createLogger('share')
  private isClosed = false

  constructor(private readonly parts: DeadLetterParts) {}

  /** To be called whenever something may wait for its letter. */
  look(groupId: string, at: TopicIdPartition): void {
    if (this.parts.next(groupId, at) === undefined) return
    const key = JSON.stringify([groupId, at.topicId, at.partition])
    if (this.underWay.has(key)) return
    this.underWay.add(key)
    void this.work(groupId, at, () => this.underWay.delete(key))
  }

  close(): void {
    this.isClosed = true
    for (const end of this.pauses) end()
  }

  private async work(groupId: string, at: TopicIdPartition, onDone: () => void): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      const span = this.parts.next(groupId, at)
      // In the same turn, so that whoever looks now is not missed.
      if (span === undefined || this.isClosed) return onDone()
      const { done, problem } = await this.limit.run(() => this.write(groupId, at, span))
      if (this.isClosed) return
      if (done === undefined) {
        this.log.warn('a dead letter has to wait', { group: groupId, ...at, offset: span.first, reason: problem })
        await this.pause(pauseMs)
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      } else {
        this.count(groupId, at, done, problem)
        await this.parts.archive(groupId, at, done)
        pauseMs = FIRST_PAUSE_MS
      }
    }
  }

  private count(groupId: string, at: TopicIdPartition, done: Span, problem: string | undefined): void {
    const counts = this.parts.metrics.of(groupId, at.topicId)
    if (problem === undefined) counts.deadLetters += recordsIn(done)
    else {
      counts.deadLettersLost += recordsIn(done)
      const where = { group: groupId, ...at, first: done.first, last: done.last }
      this.log.error('records are archived without a dead letter', { ...where, reason: problem })
    }
  }

  private async write(groupId: string, at: TopicIdPartition, span: Span): Promise<Round> {
    const target = await this.target(groupId)
    if ('problem' in target) return { done: target.isRetriable ? undefined : span, problem: target.problem }
    const { topic } = target
    const log = topic.logs[at.partition % topic.logs.length]!
    const maxBytes = log.config.maxMessageBytes
    const source = this.parts.controller.topics.findById(at.topicId)
    const round = { ...span, last: Math.min(span.last, span.first + LETTERS - 1) }
    const from = this.parts.configOf(groupId).copiesDeadLetters ? source?.logs[at.partition] : undefined
    const originals = await (from && originalRecords(from, round.first, round.last, maxBytes))
    const origin = { groupId, topic: source?.name ?? at.topicId, partition: at.partition }
    const limits = { timestamp: this.parts.clock.now(), maxBytes }
    const within = { ...round, last: originals?.last ?? round.last }
    const { bytes, last } = deadLetterBatch(origin, within, originals?.records ?? new Map(), limits)
    const result = log.append(bytes)
    if (!result.ok) {
      return { done: isRetriable(result.errorCode) ? undefined : span, problem: `${topic.name}: ${result.message}` }
    }
    try {
      await log.durable(result.lastOffset + 1)
      return { done: { ...span, last } }
    } catch (error) {
      if (error instanceof StorageError) return { done: undefined, problem: error.message }
      throw error
    }
  }

  /** The topic, created if need be. */
  private async target(
    groupId: string,
  ): Promise<{ readonly topic: Topic } | { readonly problem: string; readonly isRetriable: boolean }> {
    const { controller, settings } = this.parts
    const target = () =>
      deadLetterTopic(this.parts.configOf(groupId).deadLetterTopic, (name) => controller.topics.find(name), settings)
    const found = target()
    if ('topic' in found) return found
    if ('problem' in found) return { ...found, isRetriable: false }
    const created = await controller.createTopic(found.missing, settings['num.partitions'], DEAD_LETTER_CONFIGS)
    if (!isRefusal(created)) return { topic: created }
    // Somebody else was first.
    const again = target()
    if (created.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS && 'topic' in again) return again
    const problem = `${found.missing} was not created: ${created.errorMessage}`
    return { problem, isRetriable: isRetriable(created.errorCode) }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.pauses.delete(end)
        prevent()
        resolve()
      }
      const prevent = this.parts.clock.after(ms, end)
      this.pauses.add(end)
    })
  }
}
