import type { Admin } from 'kafkajs'
import type { Topic } from '#libs/contracts'
import type { Database } from '#libs/database'
import { Problem } from '#libs/http'
import { readCheckpoints } from '#libs/projections'
import { projections } from './consumers.ts'

export interface ProjectionProgress {
  readonly name: string
  /** Records behind it, over all partitions of its topics. */
  readonly position: number
  /** Records that it has not projected yet. */
  readonly lag: number
  readonly updatedAt: Date | null
}

/**
 * How far each projection has come. Its own checkpoint counts what it projected; records that mean nothing to it (a
 * duplicate, garbage that was parked) move only the consumer group on, so the further one of the two is its position.
 */
export class ProjectionProgressReader {
  #connected: Promise<void> | undefined

  constructor(
    private readonly database: Database,
    private readonly admin: Admin,
    private readonly groupId: string,
  ) {}

  async read(): Promise<ProjectionProgress[]> {
    await this.#connect()
    const [checkpoints, ends, committed] = await Promise.all([
      readCheckpoints(this.database),
      this.#ends(),
      this.#committed(),
    ])
    return Object.entries(projections).map(([name, topics]) => {
      const own = checkpoints.filter(({ projection }) => projection === name)
      const reached = new Map(own.map(({ topic, partition, position }) => [`${topic}/${partition}`, Number(position)]))
      let position = 0
      let lag = 0
      for (const [place, end] of ends) {
        if (!topics.some((topic) => place.startsWith(`${topic}/`))) continue
        const at = Math.min(end, Math.max(reached.get(place) ?? 0, committed.get(place) ?? 0))
        position += at
        lag += end - at
      }
      const updatedAt = own.reduce<Date | null>(
        (latest, { updatedAt }) => (latest && latest > updatedAt ? latest : updatedAt),
        null,
      )
      return { name, position, lag, updatedAt }
    })
  }

  /** At the first question, and again after a failure. */
  async #connect(): Promise<void> {
    this.#connected ??= this.admin.connect()
    try {
      await this.#connected
    } catch (error) {
      this.#connected = undefined
      throw new Problem(503, { type: 'unavailable', detail: `Kafka cannot be reached: ${(error as Error).message}` })
    }
  }

  async #ends(): Promise<Map<string, number>> {
    const topics = [...new Set<Topic>(Object.values(projections).flat())]
    const ends = await Promise.all(
      topics.map(async (topic) =>
        (await this.admin.fetchTopicOffsets(topic)).map(
          ({ partition, high }) => [`${topic}/${partition}`, Number(high)] as const,
        ),
      ),
    )
    return new Map(ends.flat())
  }

  async #committed(): Promise<Map<string, number>> {
    const offsets = await this.admin.fetchOffsets({ groupId: this.groupId })
    return new Map(
      offsets.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const),
      ),
    )
  }
}
