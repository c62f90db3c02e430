import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnyMessage, encode, type Message, topicOf, topics, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import {
  ensureTopics,
  historyReader,
  type KafkaPublisher,
  kafkaClient,
  kafkaPublisher,
  type ReadPosition,
  TopicReader,
} from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type BrokerProcess, startBroker, testDatabase } from '#libs/testing'
import { feedOf, LIVE } from '../feed.ts'
import { folded } from '../folded-projection.ts'
import { topicsOf } from '../projection.ts'
import { claimLane, releaseLane } from '../sql/lanes.ts'
import { readCheckpoints } from '../sql/read-checkpoints.ts'
import { readVersions, type StoredVersion } from '../sql/versions.ts'
import { commandVersion } from '../version-commands.ts'
import { Conductor, firstsOf } from './conductor.ts'
import { type CrashPoint, fillLane } from './fill-lane.ts'
import { Pace } from './pace.ts'
import { targetsOf } from './rebuilder.ts'
import { LaneLost } from './write-batch.ts'

configureLogging({ level: 'silent' })

const PARTITIONS = 2
const ORDERS = 5
const CONSUMER = 'query'

type Fact = Extract<AnyMessage, { type: 'order.return-received' | 'payment.return-refunded' }>
/** Ids and types of the messages that say something about one order. */
type Seen = Readonly<Record<string, Fact['type']>>

/** Each message once: what is missing or counted twice shows. */
const seen = folded<Seen, Fact>({
  name: 'seen',
  types: ['order.return-received', 'payment.return-refunded'],
  keyOf: ({ data }) => data.orderId,
  fold: { initial: {}, evolve: (known, { id, type }) => (known[id] === undefined ? { ...known, [id]: type } : known) },
  rows: { name: 'seen_orders', key: 'order_id' },
  totals: {
    name: 'seen_types',
    key: { type: 'text' },
    sums: { facts: 'int' },
    of: (known) => Object.values(known).map((type) => ({ key: [type], sums: [1] })),
  },
})
const LiveFeed = feedOf([seen])
const history = historyReader(CONSUMER, seen.types, topicsOf(seen))

/** The process dies: what is not committed has not happened, and nobody gives back what it had leased. */
class Killed extends LaneLost {}

let broker: BrokerProcess
let admin: Admin
let publisher: KafkaPublisher
let reader: TopicReader
/** Everything that is in the topics, whichever run has published it. */
const published: Message[] = []

beforeAll(async () => {
  broker = await startBroker()
  const kafka = { brokers: [broker.brokers], clientId: 'test' }
  admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  const declared = topicsOf(seen).map((topic) => [topic, { ...topics[topic], partitions: PARTITIONS }] as const)
  await ensureTopics(admin, 1, Object.fromEntries(declared))
  publisher = kafkaPublisher(kafka)
  reader = new TopicReader({ ...kafka, readCommitted: true })
})
afterAll(async () => {
  reader.close()
  await publisher.close()
  await admin.disconnect()
  await broker.close()
})

const nextFact = (): Message => {
  const n = published.length
  const orderId = uuidFrom(`order ${n % ORDERS}`)
  const amount = { amount: 100, currency: 'EUR' }
  const about = { orderId, customerId: `cust-${n % ORDERS}`, returnId: uuidFrom(`return ${n}`) }
  const said =
    n % 3 === 0
      ? ({ type: 'payment.return-refunded', data: { ...about, refundId: `r${n}`, amount } } as const)
      : ({ type: 'order.return-received', data: { ...about, total: amount } } as const)
  const envelope = { id: uuidFrom(`fact ${n}`), source: '/waybill/test', subject: orderId, key: about.customerId }
  const time = new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString()
  return { ...envelope, ...said, time, correlationId: orderId, causationId: orderId } as Message
}

const publish = async (count: number): Promise<void> => {
  const facts = Array.from({ length: count }, () => {
    const fact = nextFact()
    published.push(fact)
    return fact
  })
  await publisher.publish(facts.map((fact) => ({ topic: topicOf(fact.type), record: encode(fact) })))
}

/** One service's database, with all that its processes do to it. */
class Service {
  readonly #groupCommit: GroupCommit
  readonly #pace = new Pace(() => 0)
  readonly #stopping = new AbortController()

  constructor(readonly database: Database) {
    this.#groupCommit = new GroupCommit(database)
  }

  async conduct(isNew = false): Promise<void> {
    const { signal } = this.#stopping
    const committed = async () =>
      new Map((await this.#live()).map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
    const conductor = new Conductor({
      ...{ database: this.database, projections: [seen], reader, committed, owner: randomUUID() },
      ...{ pace: this.#pace, signal, keptMs: 60_000 },
    })
    if (isNew) await conductor.begin()
    await conductor.step()
  }

  command(command: 'rebuild' | 'cancel'): Promise<unknown> {
    return this.#groupCommit.submit({ run: (uow) => commandVersion(uow, seen, { command, actor: 'test' }) })
  }

  /** The live feed goes on by so many records of each partition; if it `dies`, it has not. */
  async feed(count: number, dies: boolean): Promise<void> {
    const read = await reader.read(await this.#live(), { waitMs: 0 })
    for (const { topic, partition, records } of read) {
      const taken = records.slice(0, count).map((raw) => {
        const place = { topic: topic as 'orders', partition, offset: raw.offset }
        return { ...history.read(place, raw), at: { topic, partition, offset: BigInt(raw.offset) } }
      })
      await this.#groupCommit
        .submit({
          announce: (uow) => {
            for (const { message, at } of taken) uow.part(LiveFeed).announce(message!, at)
          },
          run: async (uow) => {
            for (const { message, at } of taken) await uow.part(LiveFeed).apply(message!, at)
            if (dies) throw new Killed()
          },
        })
        .catch(unlessKilled)
    }
  }

  /** A turn at each lane that nobody has, of each version that is filled; each by a process of its own. */
  async fill(batchSize: number, crashPoint?: CrashPoint): Promise<void> {
    for (const version of await this.versions()) {
      if (version.state !== 'filling' && (version.state !== 'joining' || version.targets === null)) continue
      for (;;) {
        const owner = randomUUID()
        const lane = await claimLane(this.database, version, owner, 'partitions')
        if (lane === undefined) break
        await this.#fillLane(version, lane, owner, batchSize, crashPoint)
      }
    }
  }

  versions(): Promise<StoredVersion[]> {
    return readVersions(this.database, seen.name)
  }

  async #fillLane(
    version: StoredVersion,
    lane: number,
    owner: string,
    batchSize: number,
    crashPoint: CrashPoint | undefined,
  ): Promise<void> {
    const { database } = this
    const place = { ...version, lane }
    const firsts = firstsOf(await reader.offsets(topicsOf(seen), { isFresh: true }), lane)
    const { signal } = this.#stopping
    const options = { database, reader, consumer: CONSUMER, owner, pace: this.#pace, signal, batchSize }
    const upTo = targetsOf(version, lane)
    await fillLane({ ...options, ...(crashPoint && { crashPoint }) }, seen, place, { firsts, upTo })
      .then((atEnd) => releaseLane(database, place, owner, atEnd))
      .catch(unlessKilled)
  }

  /** Whoever had leased a lane has been silent for too long. */
  async silence(): Promise<void> {
    await this.database.execute(`UPDATE projection_lanes SET leased_until = 'epoch'`)
  }

  async #live(): Promise<ReadPosition[]> {
    const reached = (await readCheckpoints(this.database)).filter(({ projection }) => projection === LIVE)
    const offsetOf = (topic: string, partition: number) =>
      Number(reached.find((one) => one.topic === topic && one.partition === partition)?.position ?? 0)
    return topicsOf(seen).flatMap((topic) =>
      Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: offsetOf(topic, partition) })),
    )
  }
}

const unlessKilled = (error: unknown): void => {
  if (!(error instanceof LaneLost)) throw error
}

const atCrashPoint =
  (wanted: Parameters<CrashPoint>[0], happens: () => Promise<void>): CrashPoint =>
  (at) =>
    at === wanted ? happens() : undefined

const dies = async (): Promise<void> => {
  throw new Killed()
}

type Step = (service: Service) => Promise<unknown>
const step = (name: string, does: Step): Step => Object.assign(does, { toString: () => name })

const batch = fc.integer({ min: 1, max: 6 })
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 1, max: 6 }).map((n) => step(`publish ${n}`, () => publish(n))),
  fc
    .tuple(fc.integer({ min: 1, max: 8 }), fc.boolean())
    .map(([n, isKilled]) => step(`feed ${n}${isKilled ? ', dies' : ''}`, (service) => service.feed(n, isKilled))),
  batch.map((n) => step(`fill by ${n}`, (service) => service.fill(n))),
  fc
    .tuple(batch, fc.constantFrom('before-write', 'before-commit', 'after-commit'))
    .map(([n, at]) => step(`fill by ${n}, dies ${at}`, (service) => service.fill(n, atCrashPoint(at, dies)))),
  batch.map((n) =>
    // It was frozen: somebody else has its lane by the time it goes on.
    step(`fill by ${n}, overtaken`, (service) => {
      const overtaken = async () => {
        await service.silence()
        await service.fill(n, atCrashPoint('after-commit', dies))
      }
      return service.fill(n, atCrashPoint('before-write', overtaken))
    }),
  ),
  fc.boolean().map((isNew) => step(isNew ? 'start' : 'conduct', (service) => service.conduct(isNew))),
  fc.constant(step('rebuild', (service) => service.command('rebuild'))),
  fc.constant(step('cancel', (service) => service.command('cancel'))),
  fc.constant(step('silence', (service) => service.silence())),
)

/** Until everything that is published is in the version that serves, and no other is on its way; events go on meanwhile. */
const settle = async (service: Service): Promise<void> => {
  for (let round = 0; ; round++) {
    await service.silence()
    await service.fill(100)
    if (round < BUSY_ROUNDS) await publish(1)
    await service.feed(1_000, false)
    await service.conduct()
    const versions = await service.versions()
    expect(versions.filter(({ state }) => state === 'ready')).toEqual([])
    const isAtRest = versions.every(({ state }) => AT_REST.has(state))
    if (round >= BUSY_ROUNDS && isAtRest && versions.some(({ state }) => state === 'serving')) return
  }
}
/** As many as a version takes to come to serve, and some more. */
const BUSY_ROUNDS = 8
const AT_REST = new Set(['serving', 'kept', 'retired'])

const readModel = async (database: Database) => {
  const orders = await database.query<{ id: string; state: Seen }>('SELECT order_id AS id, state FROM seen_orders')
  const types = await database.query<{ type: string; facts: number }>('SELECT type, facts FROM seen_types')
  return {
    orders: Object.fromEntries(orders.map(({ id, state }) => [id, state])),
    types: Object.fromEntries(types.map(({ type, facts }) => [type, facts])),
  }
}

const foldedFrom = (facts: readonly Fact[]) => {
  const ids = (all: readonly Fact[]): Seen => Object.fromEntries(all.map(({ id, type }) => [id, type]))
  const orders = Map.groupBy(facts, ({ data }) => data.orderId)
  const types = Map.groupBy(facts, ({ type }) => type)
  return {
    orders: Object.fromEntries([...orders].map(([id, all]) => [id, ids(all)])),
    types: Object.fromEntries([...types].map(([type, all]) => [type, all.length])),
  }
}

const plans = fc.array(steps, { minLength: 5, maxLength: 20 })

test('whoever is killed, overtaken or cancelled when: in the end the read model is the fold over all events', async () => {
  await fc.assert(
    fc.asyncProperty(plans, plans, async (first, again) => {
      const server = await testDatabase('query')
      const database = new Database(server.url)
      try {
        const service = new Service(database)
        await service.conduct(true)
        for (const take of first) await take(service)
        await settle(service)
        expect(await readModel(database)).toEqual(foldedFrom(published as Fact[]))
        await service.command('rebuild')
        for (const take of again) await take(service)
        await settle(service)
        expect(await readModel(database)).toEqual(foldedFrom(published as Fact[]))
      } finally {
        await database.close()
        await server.drop()
      }
    }),
    { numRuns: 10, interruptAfterTimeLimit: 8_000, endOnFailure: true },
  )
})
