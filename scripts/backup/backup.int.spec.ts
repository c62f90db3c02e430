import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encode, type Message, type MessageType } from '#libs/contracts'
import { type GroupPosition, kafkaClient, readPositions, resetPositions, TopicReader } from '#libs/messaging'
import { v1 } from '../../libs/contracts/fixtures/v1.ts'
import { v2 } from '../../libs/contracts/fixtures/v2.ts'
import { type BrokerProcess, startBroker } from '../../libs/testing/broker-process.ts'
import { until } from '../../test/support/until.ts'
import { applyMigrations } from '../migrations/apply.ts'
import { databaseUrl } from '../postgres/cluster.ts'
import { freePorts } from '../postgres/free-port.ts'
import { createDatabases, type PostgresServer, startPostgres } from '../postgres/server.ts'
import { PidFiles } from '../supervisor/pid-files.ts'
import { type BackupResult, makeBackup } from './make-backup.ts'
import { type RestoreOptions, restoreBackup } from './restore-backup.ts'
import { prepareArchive } from './wal-archive.ts'

const CUSTOMER = 'cust-0001'
/** Made after the backups. */
const NEWER = 'inventory'
const TOPICS = ['orders', 'payment-commands', 'shop-events', NEWER]
const [known, lost, late] = [randomUUID(), randomUUID(), randomUUID()]

let place: string
const at = (name: string): string => join(place, name)
let broker: BrokerProcess
let postgres: PostgresServer
let postgresPort: number
let first: BackupResult
let second: BackupResult
/** Between `lost` and `late`. */
let moment: Date

const message = (type: MessageType, orderId: string): ReturnType<typeof encode> => {
  const fixtures: Record<string, object> = { ...v1, ...v2 }
  const about = { id: randomUUID(), type, source: '/waybill/order', subject: orderId, key: CUSTOMER }
  const data = { ...fixtures[type], orderId, customerId: CUSTOMER }
  const time = new Date().toISOString()
  return encode({ ...about, time, correlationId: orderId, causationId: randomUUID(), data } as Message)
}

const send = async (topic: string, type: MessageType, orderId: string): Promise<void> => {
  const producer = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ ...message(type, orderId), partition: 0 }] })
  await producer.disconnect()
}

const publish = async (orderId: string): Promise<void> => {
  await send('orders', 'order.placed', orderId)
  await send('payment-commands', 'payment.authorize', orderId)
  await send('shop-events', 'order.placed', orderId)
}

const stands = (groupId: string, topic: string, offset: number, type: GroupPosition['type'] = 'classic') =>
  resetPositions({ brokers: [broker.brokers], clientId: 'test' }, [
    { groupId, type, at: [{ topic, partition: 0, offset }] },
  ])

const query = async (port: number, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: databaseUrl(port, 'waybill_order') })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const note = (text: string) => query(postgresPort, `INSERT INTO notes VALUES ('${text}')`)

/** A whole millisecond: what was done is older, what comes is younger. */
const nextMoment = async (): Promise<Date> => {
  const now = Date.now()
  await until('the clock to go on', async () => Date.now() > now + 1 || undefined, { everyMs: 1 })
  return new Date(now + 1)
}

/** All of the log so far is in the archive. */
const untilArchived = async (): Promise<void> => {
  const [{ file }] = (await query(postgresPort, 'SELECT pg_walfile_name(pg_switch_wal()) AS file')) as [
    { file: string },
  ]
  await until(`${file} in the archive`, async () => existsSync(at(`wal/${file}.gz`)) || undefined)
}

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'waybill-backup-'))
  ;[postgresPort] = (await freePorts(1)) as [number]
  const archived = { settings: await prepareArchive(at('wal')), reaches: [at('wal')] }
  postgres = await startPostgres({ folder: at('data/postgres'), port: postgresPort, ...archived })
  await createDatabases(postgres.url, ['waybill_order'])
  await applyMigrations(databaseUrl(postgresPort, 'waybill_order'), 'order')
  await query(postgresPort, 'CREATE TABLE notes (note text)')
  broker = await startBroker({ dataDir: at('data/broker') })
  new PidFiles(at('data')).write('broker', broker.pid())
  await writeFile(at('data/ports.json'), '{}')
  const admin = kafkaClient({ brokers: [broker.brokers], clientId: 'test' }, 'briefly').admin()
  await admin.connect()
  const make = (topics: readonly string[]) =>
    admin.createTopics({ waitForLeaders: true, topics: topics.map((topic) => ({ topic, numPartitions: 1 })) })
  await make(TOPICS.filter((topic) => topic !== NEWER))
  await publish(known)
  await stands('notification', 'orders', 1)
  await stands('analytics-stream', 'shop-events', 1)
  first = await makeBackup(at('data'), at('backups'))
  second = await makeBackup(at('data'), at('backups'))
  await note('before')
  await publish(lost)
  moment = await nextMoment()
  await note('after')
  await make([NEWER])
  await admin.disconnect()
  await send(NEWER, 'stock.reserved', late)
  await publish(late)
  await stands('notification', 'orders', 3)
  await stands('notification', 'payment-commands', 2)
  await stands('notification.high', 'orders', 2, 'share')
  await stands('query', 'orders', 3)
  await stands('analytics-stream', 'shop-events', 3)
  await untilArchived()
  await broker.kill9()
  await postgres.stop()
}, 120_000)
afterAll(async () => {
  await broker?.close()
  await postgres?.stop()
  await rm(place, { recursive: true, force: true })
})

/** What a restored folder holds: the orders of its database, how far its topics reach, and where groups stand in them. */
const found = async (data: string) => {
  const [port] = (await freePorts(1)) as [number]
  const server = await startPostgres({ folder: join(data, 'postgres'), port })
  const own = await startBroker({ dataDir: join(data, 'broker') })
  const kafka = { brokers: [own.brokers], clientId: 'test' }
  const reader = new TopicReader(kafka)
  try {
    const sagas = await query(port, 'SELECT saga_id AS id FROM sagas ORDER BY saga_id')
    const notes = await query(port, 'SELECT note FROM notes')
    const offsets = await reader.offsets(TOPICS)
    const ends = Object.fromEntries(
      [...offsets].flatMap(([topic, [partition]]) => (partition === undefined ? [] : [[topic, partition.latest]])),
    )
    const { groups } = await readPositions(kafka)
    const stand = groups.flatMap(({ groupId, at }) => at.map(({ topic, offset }) => [`${groupId} in ${topic}`, offset]))
    return {
      ...{ orders: sagas.map(({ id }) => id), notes: notes.map(({ note }) => note) },
      ...{ ends, groups: Object.fromEntries(stand) },
    }
  } finally {
    reader.close()
    await own.close()
    await server.stop()
  }
}

/** Where they stood before, and at the beginning of what they have read since; but for who reads in transactions. */
const standSetBack = {
  'notification in orders': 1,
  'notification in payment-commands': 0,
  'notification.high in orders': 0,
  'query in orders': 0,
  'analytics-stream in shop-events': 3,
}

const restore = (to: string, keepBroker = false, from = at('backups'), more: Partial<RestoreOptions> = {}) =>
  restoreBackup({ from, to, keepBroker, say: () => undefined, ...more })

describe('a backup', () => {
  test('links what did not change since the one before, and each is whole', async () => {
    expect(first.reusedBytes).toBe(0)
    expect(second.reusedBytes).toBeGreaterThan(0)
    expect(second.manifest.files.some(({ path }) => path === 'broker/logs/orders-0/00000000000000000000.log')).toBe(
      true,
    )
    expect(await readdir(at('backups'))).toEqual([first.manifest.id, second.manifest.id])
  })

  test('is restored as of its moment', { timeout: 120_000 }, async () => {
    await restore(at('all'))
    expect(await found(at('all'))).toEqual({
      orders: [],
      notes: [],
      ends: { orders: 1, 'payment-commands': 1, 'shop-events': 1 },
      groups: { 'notification in orders': 1, 'analytics-stream in shop-events': 1 },
    })
  })

  test('is followed by the orders of a broker that outlived it, whose topics are cut', {
    timeout: 120_000,
  }, async () => {
    await cp(at('data/broker'), at('kept/broker'), { recursive: true })
    const { again } = await restore(at('kept'), true)
    expect(again).toEqual({ placed: 2, cancelled: 0, unpaid: 0, returns: 0 })
    // The visitors' topic tells of the world outside.
    expect(await found(at('kept'))).toEqual({
      ...{ orders: [lost, late].toSorted(), notes: [] },
      ends: { orders: 1, 'payment-commands': 1, 'shop-events': 3, inventory: 0 },
      groups: standSetBack,
    })
  })

  test.each([
    { withLater: false, orders: [], leftOut: 1 },
    { withLater: true, orders: [late], leftOut: 0 },
  ])(
    'is restored to a moment, topics and databases, with later orders: $withLater',
    {
      timeout: 120_000,
    },
    async ({ withLater, orders, leftOut }) => {
      const to = at(`moment-${withLater}`)
      await cp(at('data/broker'), join(to, 'broker'), { recursive: true })
      const restored = await restore(to, true, at('backups'), { wal: at('wal'), until: moment, withLater })
      expect(restored.leftOut).toBe(leftOut)
      expect(restored.again.placed).toBe(orders.length)
      expect(restored.lastCommit!.getTime()).toBeLessThanOrEqual(moment.getTime())
      expect(await found(to)).toEqual({
        ...{ orders, notes: ['before'] },
        ends: { orders: 2, 'payment-commands': 2, 'shop-events': 3, inventory: 0 },
        groups: standSetBack,
      })
    },
  )

  test('is not restored to a moment that the log does not reach', { timeout: 120_000 }, async () => {
    await cp(at('data/broker'), at('future/broker'), { recursive: true })
    const future = { wal: at('wal'), until: new Date(Date.now() + 3_600_000) }
    await expect(restore(at('future'), true, at('backups'), future)).rejects.toThrow(
      /recovery ended before configured recovery target/,
    )
    expect(await readdir(at('future'))).toEqual(['broker'])
  })

  test.each([
    ['there is none', () => restore(at('new'), false, at('missing')), /there is no/],
    ['it is none', () => restore(at('new'), false, at('data')), /no finished backup/],
    ['the target is not empty', () => restore(at('data')), /is not empty/],
    ['there is no broker to keep', () => restore(at('new'), true), /has no broker/],
  ])('is not restored when %s', async (_, asked, problem) => {
    await expect(asked()).rejects.toThrow(problem)
    await expect(readdir(at('new'))).rejects.toThrow(/ENOENT/)
  })

  test('is not restored when a file of it is damaged or its list is', async () => {
    await cp(second.folder, at('damaged'), { recursive: true })
    await appendFile(at('damaged/files/broker/logs/orders-0/00000000000000000000.log'), 'x')
    await expect(restore(at('new'), false, at('damaged'))).rejects.toThrow(/not whole.*orders-0\/0+\.log is damaged/s)
    await appendFile(at('damaged/manifest.json'), ' ')
    await expect(restore(at('new'), false, at('damaged'))).rejects.toThrow(/manifest\.json is damaged/)
    await expect(readdir(at('new'))).rejects.toThrow(/ENOENT/)
  })
})
