import { setTimeout as pause } from 'node:timers/promises'
import { describeConsumerGroups, LATEST, TopicReader, topicOffsets } from '#libs/messaging'
import { readResultKey } from '../../apps/analytics/src/domain/pane.ts'
import { topology } from '../../apps/analytics/src/domain/topology.ts'
import { STREAM_GROUP } from '../../apps/analytics/src/shop-topology.ts'
import { AnalyticsProcess } from '../../test/analytics/analytics-process.ts'
import { until } from '../../test/support/until.ts'
import { ms, percentile, report } from '../figures.ts'
import { type Place, withPlace } from './place.ts'
import { publish, publishLive } from './publish.ts'

/** State that is taken over, about: of so many events of the last half a minute. */
const EVENTS = 600_000
/** Events a second meanwhile. */
const RATE = 2_000
const LOAD_SECONDS = 25
/** For events to flow, and copies to be up to date, before the kill. */
const BEFORE_MS = 5_000
const LOOK_MS = 50
const ROUNDS = 2

interface Takeover {
  /** From the kill until the group did not know the dead any more. Milliseconds. */
  readonly session: number
  /** From then to the first committed result of each partition that was the dead one's, by the other. Milliseconds. */
  readonly results: readonly number[]
}

/** Two processes under load, of which one is killed and stays away: how long its partitions say nothing, with standbys and without. */
export const takeover = (): Promise<void> =>
  withPlace(async (place) => {
    await publish(place.brokers, EVENTS)
    for (const standbys of [1, 0]) {
      const found: Takeover[] = []
      for (let round = 0; round < ROUNDS; round++) found.push(await once(place, standbys, `${standbys}-${round}`))
      tell(standbys, found)
    }
  })

const tell = (standbys: number, found: readonly Takeover[]): void => {
  const results = found.flatMap((each) => each.results)
  const figure = [50, 100].map((p) => ms(percentile(results, p))).join(' / ')
  const sessions = found.map(({ session }) => ms(session)).join(', ')
  const most = Math.max(...results)
  const what = standbys === 1 ? 'with a standby' : 'without'
  console.log(`  ${what}: the session was over after ${sessions} ms`)
  report(`from then to the first result, ${what}, median / slowest`, `${figure} ms`, '≤ 2,000 ms', most <= 2_000)
}

const once = async (place: Place, standbys: number, name: string): Promise<Takeover> => {
  const names = [`${name}-first`, `${name}-second`]
  const services = await Promise.all(names.map((each) => AnalyticsProcess.start({ ...place, standbys }, each)))
  try {
    for (const service of services) await service.isReady()
    await caughtUp(place.brokers)
    const load = publishLive(place.brokers, RATE, LOAD_SECONDS)
    await pause(BEFORE_MS)
    const takeover = await killed(place.brokers, services[0]!)
    await load
    return takeover
  } finally {
    for (const service of services) await service.stop()
  }
}

const caughtUp = (brokers: string): Promise<true> => {
  const kafka = { brokers: [brokers], clientId: 'bench' }
  return until(
    'everything to be read',
    async () => {
      const [group] = await describeConsumerGroups(kafka, 'classic', [STREAM_GROUP])
      const ends = (await topicOffsets(kafka, [topology.from])).get(topology.from)!
      const read = new Map((group?.partitions ?? []).map(({ partition, offset }) => [partition, offset]))
      return ends.every(({ partition, latest }) => (read.get(partition) ?? 0) >= latest) || undefined
    },
    { timeoutMs: 300_000, everyMs: 500 },
  )
}

const killed = async (brokers: string, victim: AnalyticsProcess): Promise<Takeover> => {
  const kafka = { brokers: [brokers], clientId: 'bench' }
  const members = async () => {
    const [group] = await describeConsumerGroups(kafka, 'classic', [STREAM_GROUP])
    return new Map(group!.members.map(({ memberId, assignment }) => [memberId, assignment[topology.from] ?? []]))
  }
  const before = await members()
  const results = new Results(brokers)
  await results.start()
  const killedAt = performance.now()
  await victim.kill()
  const lost = await until(
    'the session of the dead to be over',
    async () => {
      const now = await members()
      const gone = [...before].filter(([memberId]) => !now.has(memberId))
      return gone.length === 0 ? undefined : gone.flatMap(([, partitions]) => partitions)
    },
    { everyMs: LOOK_MS },
  )
  const overAt = performance.now()
  results.forget()
  const first = await until('results of all partitions', async () => {
    const found = lost.map((partition) => results.first(partition))
    return found.every((at) => at !== undefined) ? found : undefined
  })
  await results.stop()
  return { session: overAt - killedAt, results: first.map((at) => at - overAt) }
}

/** When the first committed result of each partition of the source was seen. */
class Results {
  readonly #first = new Map<number, number>()
  readonly #reader: TopicReader
  #isOver = false
  #reading: Promise<void> | undefined

  constructor(brokers: string) {
    this.#reader = new TopicReader({ brokers: [brokers], clientId: 'bench', readCommitted: true })
  }

  async start(): Promise<void> {
    const topic = topology.to
    const count = await this.#reader.partitionCount(topic)
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
    let positions = await this.#reader.offsetsAt(partitions, LATEST)
    this.#reading = (async () => {
      while (!this.#isOver) {
        const read = await this.#reader.read(positions, { waitMs: 500 })
        const now = performance.now()
        for (const { records } of read)
          for (const { key } of records) {
            const { partition } = readResultKey(String(key))
            if (!this.#first.has(partition)) this.#first.set(partition, now)
          }
        positions = read.map(({ topic, partition, next }) => ({ topic, partition, offset: next }))
      }
    })()
  }

  /** What came before counts no more. */
  forget(): void {
    this.#first.clear()
  }

  first(partition: number): number | undefined {
    return this.#first.get(partition)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#reading
    this.#reader.close()
  }
}
