import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encode } from '#libs/contracts'
import { GroupCommit, type Part, type Sql, UnitOfWork } from '#libs/database'
import { CHANNEL } from './channel.ts'
import { CollectingBroker, eventually, message, openOutbox, upTo } from './outbox.fixture.ts'
import { Outbox } from './outbox.ts'

let outbox: Awaited<ReturnType<typeof openOutbox>>
let broker: CollectingBroker

beforeEach(async () => {
  outbox = await openOutbox()
  broker = new CollectingBroker()
})
afterEach(() => outbox.close())

const KEYS = ['ann', 'bob', 'cid', 'dora', 'eve', 'finn', 'gus', 'hana']
const everything = (n: number) => Object.fromEntries(KEYS.map((key) => [key, upTo(n)]))

/** Three processes that write `n` messages of every key at the same time. */
const writeAll = async (n: number): Promise<void> => {
  const writers = [outbox.writer(), outbox.writer(outbox.connect()), outbox.writer(outbox.connect())]
  await Promise.all(upTo(n).flatMap((i) => KEYS.map((key) => writers[i % writers.length]!.addNext(key))))
}

const allPublished = () =>
  eventually(async () => {
    expect(await outbox.waiting()).toBe(0)
  })

describe('a message', () => {
  test('is published if its transaction commits, and removed', async () => {
    outbox.relay({ publisher: broker, database: outbox.database })
    await outbox.writer().addNext('ann')
    await allPublished()
    expect(broker.firstArrivals()).toEqual({ ann: [1] })
  })

  test('is not published if its transaction fails', async () => {
    outbox.relay({ publisher: broker })
    const failed = outbox.database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      await outbox.addNext(uow, 'ann')
      await uow.flush()
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    await outbox.writer().addNext('bob')
    await allPublished()
    expect(broker.firstArrivals()).toEqual({ bob: [1] })
  })

  test('arrives as it was sent', async () => {
    const records: unknown[] = []
    outbox.relay({ publisher: { publish: async (batch) => void records.push(...batch) } })
    const sent = { ...message('ann', 1), traceparent: '00-1-2-01' }
    await outbox.database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      uow.part(Outbox).add(sent)
      await uow.flush()
    })
    await allPublished()
    expect(records).toEqual([{ topic: 'payment-commands', record: encode(sent) }])
  })
})

describe('the order per key', () => {
  test('is kept with concurrent writers, and relays that come and go', async () => {
    const first = outbox.relay({ publisher: broker, database: outbox.database, batchSize: 7 })
    const written = writeAll(60)
    await eventually(() => expect(broker.received.length).toBeGreaterThan(20))
    const second = outbox.relay({ publisher: broker, batchSize: 5 })
    await eventually(() => expect(second.slots).toBe(32))
    await first.stop()
    await eventually(() => expect(second.slots).toBe(64))
    await written
    await allPublished()
    // Nothing failed, so nothing may come twice either.
    expect(broker.received).toHaveLength(60 * KEYS.length)
    expect(broker.firstArrivals()).toEqual(everything(60))
  })

  test('is kept when publishing fails, whatever arrived', async () => {
    let publishes = 0
    broker.arriving = (count) => (['all', 0, count >> 1, count] as const)[publishes++ % 4]!
    await writeAll(12)
    outbox.relay({ publisher: broker, batchSize: 20 })
    await allPublished()
    expect(broker.received.length).toBeGreaterThan(12 * KEYS.length)
    expect(broker.firstArrivals()).toEqual(everything(12))
  })

  test('follows the locks of the transaction: rows are written after everything else', async () => {
    const rowsBefore: number[] = []
    class Probe implements Part {
      async flush(sql: Sql): Promise<void> {
        rowsBefore.push((await sql.query('SELECT FROM outbox')).length)
      }
    }
    await new GroupCommit(outbox.database).submit({
      run: async (uow) => {
        uow.part(Outbox).add(message('ann', 1))
        uow.part(Probe)
      },
    })
    expect(rowsBefore).toEqual([0])
    expect(await outbox.waiting()).toBe(1)
  })

  test('is kept when the database cuts connections', async () => {
    outbox.relay({ publisher: broker, batchSize: 10 })
    const written = writeAll(40)
    for (const progress of [20, 120, 220]) {
      await eventually(() => expect(broker.received.length).toBeGreaterThan(progress))
      await outbox.cutRelays()
    }
    await written
    await allPublished()
    expect(broker.firstArrivals()).toEqual(everything(40))
  })

  test('is kept when a relay dies between publishing and removing', async () => {
    const [died, revived] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const crashPoint = (): Promise<void> => {
      died.resolve()
      return revived.promise
    }
    outbox.relay({ publisher: broker, batchSize: 10, crashPoint })
    await writeAll(10)
    await died.promise
    const heir = outbox.relay({ publisher: broker, batchSize: 10 })
    await outbox.cutRelays()
    await eventually(() => expect(heir.slots).toBe(64))
    await allPublished()
    expect(broker.received.length).toBeGreaterThan(10 * KEYS.length)
    expect(broker.firstArrivals()).toEqual(everything(10))
    // So that the fixture can stop it.
    revived.resolve()
  })
})

test('a relay without a session publishes nothing, though rows are handed to it; with a new one it repeats nothing', async () => {
  // So that there are new rows whenever a batch is through, and it need not ask the database for anything.
  broker.takesMs = 150
  const relay = outbox.relay({ publisher: broker, database: outbox.database })
  await eventually(() => expect(relay.slots).toBe(64))
  const writer = outbox.writer()
  let writing = true
  let rounds = 0
  const written = (async () => {
    for (; writing; rounds++) await Promise.all(KEYS.map((key) => writer.addNext(key)))
  })()
  for (let cuts = 0; cuts < 2; cuts++) {
    const before = broker.publishes
    await eventually(() => expect(broker.publishes).toBeGreaterThan(before + 2))
    await outbox.withoutRelays(async () => {
      const cut = { publishes: broker.publishes, rounds }
      await eventually(() => expect(rounds).toBeGreaterThan(cut.rounds + 20))
      // What was on its way, or was sent before the end of the session arrived.
      expect(broker.publishes - cut.publishes).toBeLessThanOrEqual(2)
    })
  }
  writing = false
  await written
  await allPublished()
  expect(broker.firstArrivals()).toEqual(everything(rounds))
  expect(broker.received).toHaveLength(rounds * KEYS.length)
})

describe('a partition that is away', () => {
  const AWAY = ['ann', 'bob']
  const HEALTHY = KEYS.filter((key) => !AWAY.includes(key))
  const arrived = (keys: readonly string[], n: number) =>
    eventually(() =>
      expect(broker.firstArrivals()).toMatchObject(Object.fromEntries(keys.map((key) => [key, upTo(n)]))),
    )

  test.each(['failing', 'silent'] as const)('(%s) holds up its own keys only, and nothing is repeated', async (how) => {
    for (const key of AWAY) broker.away.set(key, how)
    outbox.relay({ publisher: broker, database: outbox.database, batchSize: 20 })
    // More rows than a batch has, before the first that may go.
    await outbox.addMany(AWAY, 50)
    await outbox.addMany(KEYS, 5)
    await arrived(HEALTHY, 5)
    const writer = outbox.writer()
    for (let i = 0; i < 20; i++) await Promise.all(KEYS.map((key) => writer.addNext(key)))
    await arrived(HEALTHY, 25)
    expect(await outbox.waiting()).toBeGreaterThanOrEqual(AWAY.length * 75)
    expect(broker.firstArrivals()).not.toHaveProperty('ann')
    broker.back()
    await allPublished()
    expect(broker.firstArrivals()).toEqual({
      ...Object.fromEntries(HEALTHY.map((key) => [key, upTo(25)])),
      ...Object.fromEntries(AWAY.map((key) => [key, upTo(75)])),
    })
    expect(broker.received).toHaveLength(HEALTHY.length * 25 + AWAY.length * 75)
  })

  test('comes and goes while the database cuts connections: the order per key is kept', async () => {
    outbox.relay({ publisher: broker, database: outbox.database, batchSize: 10 })
    const written = writeAll(60)
    for (const key of KEYS.slice(0, 4)) {
      broker.away.set(key, 'failing')
      await eventually(() => expect(broker.received.length).toBeGreaterThan(20))
      await outbox.cutRelays()
      broker.back()
    }
    await written
    await allPublished()
    expect(broker.firstArrivals()).toEqual(everything(60))
  })
})

test('relays share the slots fairly', async () => {
  const relays = [1, 2, 3].map(() => outbox.relay({ publisher: broker }))
  const shares = () => relays.map(({ slots }) => slots).sort()
  await eventually(() => expect(shares()).toEqual([20, 22, 22]))
  await relays[0]!.stop()
  await eventually(() => expect(shares()).toEqual([0, 32, 32]))
  await relays[1]!.stop()
  await eventually(() => expect(shares()).toEqual([0, 0, 64]))
})

test('a transaction notifies other processes, unless a relay of its own process is handed its rows', async () => {
  const listener = new pg.Client({ connectionString: outbox.url })
  const notified: string[] = []
  listener.on('notification', ({ payload }) => notified.push(payload!))
  await listener.connect()
  try {
    await listener.query(`LISTEN ${CHANNEL}`)
    await outbox.writer().addNext('ann')
    await eventually(() => expect(notified).toEqual(['']))

    const relay = outbox.relay({ publisher: broker, database: outbox.database })
    await eventually(() => expect(relay.slots).toBe(64))
    await outbox.writer().addNext('ann')
    await eventually(() => expect(broker.received).toHaveLength(2))
    // Notifications arrive in the order of commits: had the second message sent one, it would be before this one.
    await outbox.writer(outbox.connect()).addNext('bob')
    await eventually(() => expect(notified.filter((payload) => payload === '')).toEqual(['', '']))
  } finally {
    await listener.end()
  }
})

test('a message that no broker would take is refused when it is added', async () => {
  const huge = { ...message('ann', 1), data: { orderId: 'x'.repeat(1_000_001), customerId: 'ann' } }
  const adding = outbox.database.transaction(async (tx) => {
    new UnitOfWork(tx, new Date()).part(Outbox).add(huge)
  })
  await expect(adding).rejects.toThrow('larger than 1000000 bytes')
})
