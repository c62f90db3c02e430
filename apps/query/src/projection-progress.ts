import type { Admin } from 'kafkajs'
import type { Topic } from '#libs/contracts'
import type { Database } from '#libs/database'
import { sharedAnswer } from '#libs/http'
import { askKafka, type KafkaOptions, topicOffsets } from '#libs/messaging'
import { gauge, metrics } from '#libs/observability'
import {
  type Checkpoint,
  commandsFor,
  FED,
  type Lane,
  LIVE,
  type Projection,
  placeNameOf,
  readCheckpoints,
  readLanes,
  readVersions,
  type StoredVersion,
  topicsOf,
} from '#libs/projections'
import { projected, projections } from './projections.ts'

/** However many look at metrics, milliseconds. */
const LOOKS_APART_MS = 5_000

/** By `topic/partition`. */
type Offsets = ReadonlyMap<string, number>

/** What is known of all projections at one moment. */
interface Known {
  readonly versions: readonly StoredVersion[]
  readonly lanes: readonly Lane[]
  readonly checkpoints: readonly Checkpoint[]
  readonly firsts: Offsets
  readonly ends: Offsets
  /** Of the consumer group: records that mean nothing to it (garbage that was parked) move it on alone. */
  readonly committed: Offsets
}

/**
 * How far each projection and each of its versions has come. However many ask, Kafka is asked once a second; what the
 * database says is as of now.
 */
export class ProjectionProgressReader {
  readonly committed: () => Promise<Offsets>
  readonly #offsets: () => Promise<Pick<Known, 'firsts' | 'ends' | 'committed'>>

  constructor(
    private readonly database: Database,
    kafka: KafkaOptions,
    groupId: string,
  ) {
    this.committed = () => askKafka(kafka, (admin) => committedBy(admin, groupId))
    this.#offsets = sharedAnswer(() => askKafka(kafka, (admin) => offsetsOf(kafka, admin, groupId)))
    const read = sharedAnswer(() => this.read(), LOOKS_APART_MS)
    gauge(metrics.projections.lag, async (lags) => {
      for (const { name: projection, lag } of await read()) lags.set({ projection }, lag)
    })
  }

  async read(): Promise<ReturnType<typeof present>[]> {
    const offsets = await this.#offsets()
    const [versions, lanes, checkpoints] = await Promise.all([
      readVersions(this.database),
      readLanes(this.database),
      readCheckpoints(this.database),
    ])
    return projections.map((projection) => present(projection, { ...offsets, versions, lanes, checkpoints }))
  }
}

const offsetsOf = async (kafka: KafkaOptions, admin: Admin, groupId: string) => {
  const [topics, committed] = await Promise.all([topicOffsets(kafka, projected), committedBy(admin, groupId)])
  const places = [...topics].flatMap(([topic, partitions]) =>
    partitions.map((one) => ({ ...one, place: `${topic}/${one.partition}` })),
  )
  const firsts = new Map(places.map(({ place, earliest }) => [place, earliest]))
  const ends = new Map(places.map(({ place, latest }) => [place, latest]))
  return { firsts, ends, committed }
}

const committedBy = async (admin: Admin, groupId: string): Promise<Offsets> => {
  const offsets = await admin.fetchOffsets({ groupId })
  return new Map(
    offsets.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [`${topic}/${partition}`, Number(offset)] as const),
    ),
  )
}

/** The live feed's, and with it that of each version that it feeds. */
const present = (projection: Projection, known: Known) => {
  const { name } = projection
  const topics = topicsOf(projection)
  const versions = known.versions.filter((one) => one.projection === name)
  const live = along(topics, known, LIVE, known.committed)
  return {
    name,
    topics,
    position: live.position,
    lag: live.end - live.position,
    updatedAt: live.updatedAt,
    servingVersion: versions.find(({ state }) => state === 'serving')?.version ?? null,
    commands: commandsFor(versions),
    versions: versions.map((version) => presentVersion(version, topics, known)),
  }
}

const presentVersion = (version: StoredVersion, topics: readonly Topic[], known: Known) => {
  const { projection: _, targets: __, incomplete, comparison, ...stored } = version
  const lanes = known.lanes.filter(
    (one) => one.lane >= 0 && one.projection === version.projection && one.version === version.version,
  )
  const isFilled = version.state !== 'joining' && FED.has(version.state)
  const { first, position, end } = isFilled
    ? along(topics, known, LIVE, known.committed)
    : along(topics, known, placeNameOf(version.projection, version.version))
  const recordsPerSecond = Math.round(lanes.reduce((sum, lane) => sum + (lane.leased ? lane.recordsPerSecond : 0), 0))
  const lag = end - position
  const isUnderWay = version.state === 'filling' || version.state === 'joining'
  return {
    ...withoutNulls(stored),
    records: sum(lanes.map(({ records }) => Number(records))),
    skipped: sum(lanes.map(({ skipped }) => Number(skipped))),
    ...(version.state === 'retired'
      ? {}
      : {
          position,
          end,
          lag,
          percent: end === first ? 100 : Math.floor((1_000 * (position - first)) / (end - first)) / 10,
        }),
    ...(isUnderWay
      ? { recordsPerSecond, secondsLeft: recordsPerSecond === 0 ? null : Math.ceil(lag / recordsPerSecond) }
      : {}),
    incomplete: Object.entries(incomplete ?? {}).map(([place, beginsAt]) => ({ partition: place, beginsAt })),
    comparison,
  }
}

/** How far these checkpoints have come along the topics. */
const along = (topics: readonly Topic[], known: Known, name: string, also?: Offsets) => {
  const own = known.checkpoints.filter(
    ({ projection, topic }) => projection === name && topics.some((one) => one === topic),
  )
  const reached = new Map(own.map(({ topic, partition, position }) => [`${topic}/${partition}`, Number(position)]))
  let [first, position, end] = [0, 0, 0]
  for (const [place, latest] of known.ends) {
    if (!topics.some((topic) => place.startsWith(`${topic}/`))) continue
    const earliest = known.firsts.get(place) ?? 0
    first += earliest
    end += latest
    position += Math.max(earliest, Math.min(latest, Math.max(reached.get(place) ?? 0, also?.get(place) ?? 0)))
  }
  const updatedAt = own.reduce<Date | null>(
    (latest, { updatedAt }) => (latest && latest > updatedAt ? latest : updatedAt),
    null,
  )
  return { first, position, end, updatedAt }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const withoutNulls = <T extends object>(of: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null)) as never
