import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, vi } from 'vitest'
import { consequenceId, type Message, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit, type UnitOfWork } from '#libs/database'
import { configureLogging } from '#libs/observability'
import { testDatabase } from '#libs/testing'
import { Outbox } from './outbox.ts'
import { OutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts'
import type { Publisher } from './publisher.ts'

configureLogging({ level: 'silent' })

/** The `n`-th message of a key. */
export const message = (key: string, n: number): Message<'payment.capture'> => {
  const orderId = uuidFrom(`${key}/${n}`)
  return {
    id: consequenceId(orderId, 0),
    type: 'payment.capture',
    source: '/waybill/order',
    subject: `${key}/${n}`,
    time: '2026-01-01T00:00:00.000Z',
    key,
    correlationId: orderId,
    causationId: orderId,
    data: { orderId, customerId: key },
  }
}

type Records = Parameters<Publisher['publish']>[0]

/** A broker that keeps what it is sent, and answers after a while. */
export class CollectingBroker implements Publisher {
  readonly received: { key: string; n: number }[] = []
  /** How many of the records of a publish arrive before it fails; all, by default, and then it does not fail. */
  arriving: (count: number) => number | 'all' = () => 'all'
  /** Keys whose partition takes nothing: it fails, or keeps silent until it is `back`. Each key is a partition. */
  readonly away = new Map<string, 'failing' | 'silent'>()
  readonly #back = new Set<() => void>()

  back(): void {
    this.away.clear()
    for (const resume of this.#back) resume()
  }

  partitioner() {
    return (topic: string, key: string): string => `${topic}/${key}`
  }

  /** Before it answers. */
  takesMs = 0
  publishes = 0

  async publish(records: Records, acknowledged: (places: readonly number[]) => void): Promise<void> {
    const isAway = ({ record }: Records[number]) => this.away.has(record.key)
    this.publishes++
    if (this.takesMs > 0) await sleep(this.takesMs)
    if (!records.some(isAway)) return this.#receive(records)
    const isSilent = records.some(({ record }) => this.away.get(record.key) === 'silent')
    const places = records.flatMap((each, place) => (isAway(each) ? [] : place))
    await this.#receive(places.map((place) => records[place]!))
    acknowledged(places)
    if (isSilent) await new Promise<void>((resolve) => this.#back.add(resolve))
    throw new Error('a partition is away')
  }

  async #receive(records: Records): Promise<void> {
    const arriving = this.arriving(records.length)
    for (const { record } of arriving === 'all' ? records : records.slice(0, arriving)) {
      const [key, n] = record.headers.ce_subject!.split('/')
      expect(record.key).toBe(key)
      this.received.push({ key: key!, n: Number(n) })
      // Let others in, so that relays which publish the same key at the same time would show.
      if (this.received.length % 10 === 0) await setImmediate()
    }
    if (arriving !== 'all') throw new Error(`connection lost after ${arriving} of ${records.length} records`)
  }

  /** The numbers of each key in the order in which they first arrived. */
  firstArrivals(): Record<string, number[]> {
    const byKey = Map.groupBy(this.received, ({ key }) => key)
    return Object.fromEntries([...byKey].map(([key, arrivals]) => [key, [...new Set(arrivals.map(({ n }) => n))]]))
  }
}

/** A database with one numbered sequence of messages per key. */
export const openOutbox = async () => {
  const { url, drop } = await testDatabase('payment')
  const relays: OutboxRelay[] = []
  const databases: Database[] = []
  const connect = (): Database => {
    const connected = new Database(url)
    databases.push(connected)
    return connected
  }
  const database = connect()
  await database.execute('CREATE TABLE sequences (key text PRIMARY KEY, n int NOT NULL)')

  /** Adds the next message of a key, whose number is given under a lock until the commit. */
  const addNext = async (uow: UnitOfWork, key: string): Promise<void> => {
    const [row] = await uow.query<{ n: number }>(
      'INSERT INTO sequences VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET n = sequences.n + 1 RETURNING n',
      key,
    )
    uow.part(Outbox).add(message(key, row!.n))
  }

  return {
    url,
    database,
    connect,
    addNext,
    writer: (through = database) => {
      const groupCommit = new GroupCommit(through)
      return { addNext: (key: string) => groupCommit.submit({ run: (uow) => addNext(uow, key) }) }
    },
    relay: (options: Pick<OutboxRelayOptions, 'publisher'> & Partial<OutboxRelayOptions>): OutboxRelay => {
      const relay = new OutboxRelay({ databaseUrl: url, ...options })
      relays.push(relay)
      relay.start()
      return relay
    },
    /** Adds messages of keys at once, as many of each. */
    addMany: (keys: readonly string[], n: number) =>
      new GroupCommit(database).submit({
        run: async (uow) => {
          for (let i = 0; i < n; i++) for (const key of keys) await addNext(uow, key)
        },
      }),
    waiting: async () => (await database.query('SELECT FROM outbox')).length,
    /** Cuts the relays' sessions and lets no other session begin until the work is done. */
    withoutRelays: async (work: () => Promise<void>): Promise<void> => {
      const server = new Database(inject('postgresUrl'))
      const name = new URL(url).pathname.slice(1)
      await server.execute(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      await server.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = $1 AND application_name = 'waybill-outbox-relay'`,
        name,
      )
      await work().finally(() => server.execute(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`))
      await server.close()
    },
    cutRelays: () =>
      database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'waybill-outbox-relay'`,
      ),
    close: async () => {
      await Promise.all(relays.map((relay) => relay.stop()))
      await Promise.all(databases.map((each) => each.close()))
      await drop()
    },
  }
}

export const eventually = <T>(assertion: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertion, { timeout: 30_000, interval: 10 })

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
