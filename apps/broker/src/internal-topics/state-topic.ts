import type { ReadableTopic } from './readable-log.ts'
import { StateLog } from './state-log.ts'
import type { StateKey, StateSource } from './state-source.ts'

/**
 * Offsets are handed out from here on: above those of any earlier life of the broker, which had at most so many changes
 * a millisecond. Only a wall clock that is set back by more than the broker was away can make them meet.
 */
const OFFSETS_PER_MS = 1024

interface StateTopicOptions {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  readonly source: StateSource
  readonly now: () => number
}

/** An internal topic. It costs nothing until somebody reads it. */
export class StateTopic implements ReadableTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
  readonly logs: readonly StateLog[]
  private readonly source: StateSource
  private readonly now: () => number
  private hasBegun = false

  constructor({ name, topicId, partitions, source, now }: StateTopicOptions) {
    this.name = name
    this.topicId = topicId
    this.partitions = partitions
    this.source = source
    this.now = now
    const begin = () => this.begin()
    this.logs = Array.from({ length: partitions }, (_, partition) => new StateLog(name, partition, source, begin))
  }

  private begin(): void {
    if (this.hasBegun) return
    this.hasBegun = true
    const first = this.now() * OFFSETS_PER_MS
    for (const log of this.logs) log.beginAt(first)
    const changed = (key: StateKey) => this.logs[partitionOf(key[0], this.partitions)]!.changed(key)
    for (const key of this.source.keys()) changed(key)
    this.source.onChange(changed)
  }
}

/** Kafka's choice, by Java's hash of the text: tools ask for the partition in which a group must be. */
export function partitionOf(id: string, partitions: number): number {
  let hash = 0
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) | 0
  return (hash & 0x7fffffff) % partitions
}
