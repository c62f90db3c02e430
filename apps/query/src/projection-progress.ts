import type { Admin } from 'kafkajs'
import type { Topic } from '#libs/contracts'
import type { Database } from '#libs/database'
import { sharedAnswer } from '#libs/http'
import { askKafka, type KafkaOptions, topicOffsets } from '#libs/messaging'
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
  /** However many ask, Kafka is asked once a second. A topic that is missing has nothing to project. */
  readonly read: () => Promise<readonly ProjectionProgress[]>

  constructor(
    private readonly database: Database,
    kafka: KafkaOptions,
    private readonly groupId: string,
  ) {
    this.read = sharedAnswer(() => askKafka(kafka, (admin) => this.#read(admin)))
  }

  async #read(admin: Admin): Promise<ProjectionProgress[]> {
    const [checkpoints, ends, committed] = await Promise.all([
      readCheckpoints(this.database),
      endsOf(admin),
      this.#committed(admin),
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

  async #committed(admin: Admin): Promise<Map<string, number>> {
    const offsets = await admin.fetchOffsets({ groupId: this.groupId })
    return new Map(
      offsets.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const),
      ),
    )
  }
}

const endsOf = async (admin: Admin): Promise<Map<string, number>> => {
  const topics = await topicOffsets(admin, [...new Set<Topic>(Object.values(projections).flat())])
  return new Map(
    [...topics].flatMap(([topic, partitions]) =>
      partitions.map(({ partition, latest }) => [`${topic}/${partition}`, latest] as const),
    ),
  )
}
