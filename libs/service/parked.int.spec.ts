import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { verifyTrail } from '#libs/audit'
import { consequenceId, encode, type Message, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { refuse } from '#libs/decider'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import { type HandlersOf, handlersFor, ignore, KafkaBatchServer } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { parkRecords } from '../messaging/messaging.fixture.ts'
import { defineService } from './define-service.ts'

configureLogging({ level: 'silent' })

let testing: TestDatabase
let app: NestFastifyApplication
/** What the handler does, by the message's customer; throws or refuses as long as it is not mended. */
let broken: (message: Message) => ReturnType<typeof refuse> | undefined

const handlers: HandlersOf<'payment-commands'> = {
  ...handlersFor(['payment.authorize', 'payment.void', 'payment.refund', 'payment.refund-return'], ignore),
  'payment.capture': {
    handle: async (message, { uow }) => {
      const refusal = broken(message)
      if (refusal !== undefined) return refusal
      await uow.execute('INSERT INTO handled (key, id) VALUES ($1, $2)', message.key, message.id)
    },
  },
}

beforeAll(async () => {
  testing = await testDatabase('payment')
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  app = await createApplication(defineService({ name: 'payment', config: parsed.config, handlers }).module)
  app.connectMicroservice({ strategy: app.get(KafkaBatchServer) })
  await app.startAllMicroservices()
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  await app.get(Database).execute('CREATE TABLE handled (place bigserial, key text, id text)')
})
beforeEach(async () => {
  await app.get(Database).execute('TRUNCATE handled, parked_messages, inbox, redrives, outbox')
})
afterAll(async () => {
  await app.close()
  await testing.drop()
})

const http = () => request(app.getHttpServer())
const get = async (path: string) => (await http().get(`/internal/parked${path}`).expect(200)).body
let keys = 0
const post = (path: string, body: object, key = `key-${++keys}`) =>
  http().post(`/internal/parked${path}`).set('Idempotency-Key', key).set('X-Actor', 'ada').send(body)

const commandOf = (customer: string, n: number): Message<'payment.capture'> => {
  const orderId = uuidFrom(`${customer}/${n}`)
  return {
    ...{ id: consequenceId(orderId, 0), type: 'payment.capture', source: '/waybill/order', subject: orderId },
    ...{ time: '2026-01-01T00:00:00.000Z', key: customer, correlationId: orderId, causationId: orderId },
    data: { orderId, customerId: customer },
  }
}
const commands = (customer: string, count: number) => Array.from({ length: count }, (_, n) => commandOf(customer, n))
/** Has the service park them: their handler fails as often as it is asked to. */
const park = (...messages: Message[]) => parkRecords({ app, consumer: 'payment', handlers }, messages.map(encode))
const handled = async (key: string): Promise<string[]> =>
  (await app.get(Database).query<{ id: string }>('SELECT id FROM handled WHERE key = $1 ORDER BY place', key)).map(
    ({ id }) => id,
  )
const ids = (messages: Message[]) => messages.map(({ id }) => id)
const failing = () => {
  throw new Error('a bug')
}
const mended = () => undefined

describe('what is parked', () => {
  test('shows no payment token, and takes none back that is masked', async () => {
    broken = failing
    const command = commandOf('a', 1)
    await park({ ...command, data: { ...command.data, token: 'tok_\\"secret' } as never })
    const [{ id }] = (await get('')).items
    const { value } = await get(`/${id}`)
    expect(JSON.parse(value)).toEqual({ ...command.data, token: '****' })
    const [{ letter }] = (await app
      .get(Database)
      .query(`SELECT value::json->>'value' AS letter FROM outbox WHERE topic = 'dead-letters'`)) as [{ letter: string }]
    expect(letter).toBe(value)
    const { body } = await post(`/${id}/amend`, { reason: 'copied', value }).expect(400)
    expect(body.detail).toMatch(/value: .*masked/)
    await post(`/${id}/amend`, { reason: 'right', value: value.replace('****', 'tok_ok') }).expect(202)
  })

  test('is listed by filter, page by page, and counted', async () => {
    broken = failing
    await park(...commands('a', 3), ...commands('b', 2))
    expect((await get('?key=a')).items).toHaveLength(3)
    expect((await get('?status=queued')).items).toHaveLength(3)
    const [first] = commands('a', 1)
    expect((await get(`?orderId=${first!.correlationId.toUpperCase()}`)).items).toMatchObject([
      { messageId: first!.id },
    ])
    const page = await get('?limit=2')
    expect(page.items).toHaveLength(2)
    expect((await get(`?limit=10&cursor=${page.nextCursor}`)).items).toHaveLength(3)
    expect((await get('/counts')).items).toEqual([
      { status: 'dead', reason: 'handler_failed', count: 2 },
      { status: 'queued', reason: 'behind_parked', count: 3 },
    ])
    await http().get('/internal/parked?reason=bad_luck').expect(400)
    await http().get('/internal/parked?cursor=%00').expect(400)
  })

  test('is shown whole: headers, value, each attempt, and how many wait behind it', async () => {
    broken = failing
    const messages = commands('a', 3)
    await park(...messages)
    const [{ id }] = (await get('')).items
    expect(await get(`/${id}`)).toMatchObject({
      ...{ status: 'dead', error: 'Error: a bug', behind: 2, orderId: messages[0]!.correlationId },
      headers: { ce_id: messages[0]!.id, ce_type: 'payment.capture' },
      value: JSON.stringify(messages[0]!.data),
      stack: expect.stringContaining('parked.int.spec'),
      failedAttempts: [{ error: 'Error: a bug', stack: expect.stringContaining('at ') }],
    })
    for (const unknown of ['/999999', '/nonsense']) await http().get(`/internal/parked${unknown}`).expect(404)
  })
})

describe('an operator', () => {
  test('has a dead letter tried again once it is mended, and its key follows in order', async () => {
    broken = failing
    const messages = commands('a', 3)
    await park(...messages)
    const [{ id }, { id: behind }] = (await get('')).items
    await post(`/${behind}/retry`, {}).expect(409)
    broken = mended
    const accepted = await post(`/${id}/retry`, { reason: 'deployed 1.2' }, 'once').expect(202)
    expect((await post(`/${id}/retry`, { reason: 'deployed 1.2' }, 'once').expect(202)).body).toEqual(accepted.body)
    await vi.waitFor(async () => expect(await handled('a')).toEqual(ids(messages)), 10_000)
    expect((await get('?status=settled')).items).toMatchObject([
      { id, resolution: 'handled', workedBy: 'operator:ada' },
    ])
    expect((await post(`/${id}/retry`, {}).expect(409)).body).toMatchObject({ reason: 'already_settled' })
  })

  test('gives one up with a reason, and what waits behind it flows on', async () => {
    broken = failing
    const messages = commands('a', 3)
    await park(...messages)
    const [{ id }] = (await get('')).items
    broken = mended
    await post(`/${id}/discard`, {}).expect(400)
    await post(`/${id}/discard`, { reason: 'sent by mistake' }).expect(202)
    await vi.waitFor(async () => expect(await handled('a')).toEqual(ids(messages.slice(1))), 10_000)
    expect(await get(`/${id}`)).toMatchObject({ status: 'settled', resolution: 'discarded' })
  })

  test('has a corrected copy handled in its place, and the original is kept', async () => {
    broken = ({ data }) => ((data as { customerId: string }).customerId === 'a' ? failing() : undefined)
    const messages = commands('a', 2)
    await park(...messages)
    const [{ id }] = (await get('')).items
    const value = JSON.stringify({ ...messages[0]!.data, customerId: 'b' })
    await post(`/${id}/amend`, { reason: 'nothing' }).expect(400)
    await post(`/${id}/amend`, { reason: 'wrong customer', value, headers: { note: 'amended' } }).expect(202)
    await vi.waitFor(async () => expect(await handled('a')).toEqual(ids(messages.slice(0, 1))), 10_000)
    expect(await get(`/${id}`)).toMatchObject({
      ...{ status: 'settled', value, headers: { note: 'amended' } },
      original: { value: JSON.stringify(messages[0]!.data) },
    })
  })

  test('redrives what a fault has left behind, in the order of each key, as if nothing had happened', async () => {
    broken = ({ key }) => (key === 'b' ? refuse('unknown_order') : failing())
    const all = ['a', 'b', 'c', 'd'].map((customer) => commands(customer, 20))
    await park(...Array.from({ length: 20 }, (_, n) => all.map((of) => of[n]!)).flat())
    broken = mended
    const { body } = await post('/redrive', { filter: { type: 'payment.capture' }, reason: 'fixed' }, 'r1').expect(202)
    // 20 that were refused, each alone, and the heads of three keys.
    expect(body.total).toBe(23)
    expect((await post('/redrive', { filter: { type: 'payment.capture' }, reason: 'fixed' }, 'r1')).body).toEqual(body)
    await vi.waitFor(
      async () =>
        expect(await get(`/redrives/${body.operationId}`)).toMatchObject({ state: 'completed', handled: 23, dead: 0 }),
      10_000,
    )
    for (const of of all) await vi.waitFor(async () => expect(await handled(of[0]!.key)).toEqual(ids(of)), 10_000)
    await http().get('/internal/parked/redrives/none').expect(404)
  })

  test('learns what is dead again', async () => {
    broken = failing
    await park(...commands('a', 1))
    // As many as it takes to be a dead letter.
    await app.get(Database).execute('UPDATE parked_messages SET attempts = 8')
    const { body } = await post('/redrive', { reason: 'hope' }).expect(202)
    await vi.waitFor(
      async () => expect(await get(`/redrives/${body.operationId}`)).toMatchObject({ state: 'completed', dead: 1 }),
      10_000,
    )
    expect((await get('')).items).toMatchObject([{ status: 'dead', attempts: 9 }])
  })

  test('is on record, refusals included', async () => {
    broken = failing
    await park(...commands('a', 1))
    const [{ id }] = (await get('')).items
    await post(`/${id}/discard`, { reason: 'for the record' }).expect(202)
    await post(`/${id}/discard`, { reason: 'twice' }).expect(409)
    const { body } = await http().get(`/internal/audit?target=parked/payment/${id}&actor=operator:ada`).expect(200)
    expect(body.items).toMatchObject([
      { action: 'parked.discard', outcome: 'refused', detail: 'already_settled: it was discarded', reason: 'twice' },
      { action: 'parked.discard', outcome: 'done', reason: 'for the record' },
    ])
    expect(await verifyTrail(app.get(Database))).toMatchObject({ holds: true })
    expect((await http().get('/internal/audit/verify').expect(200)).body).toMatchObject({ holds: true })
  })
})

test('a message that comes again, long after it was settled, is parked again', async () => {
  broken = failing
  const [message] = commands('a', 1)
  await park(message!)
  const [{ id }] = (await get('')).items
  await post(`/${id}/discard`, { reason: 'done' }).expect(202)
  await app.get(GroupCommit).submit({ run: (uow) => uow.execute('DELETE FROM inbox') })
  await park(message!)
  expect((await get('')).items).toMatchObject([{ id, status: 'dead' }])
})

describe("what Kafka's tools see of it", () => {
  interface Row {
    readonly key: string
    readonly value: string | null
    readonly headers: Record<string, string>
  }
  const published = () =>
    app.get(Database).query<Row>(`SELECT key, value, headers FROM outbox WHERE topic = 'dead-letters' ORDER BY id`)
  /** As a compacted topic ends up: the last record of each key. */
  const left = async () => [...new Map((await published()).map((row) => [row.key, row])).values()]
  const listed = async (): Promise<{ id: string }[]> => (await get('')).items

  test('each parked message once, with its origin and why it is parked', async () => {
    broken = failing
    await park(...commands('seen', 2))
    const rows = await left()
    expect(rows.map(({ headers }) => headers)).toMatchObject([
      { ce_type: 'message.parked', origintopic: 'payment-commands', originpartition: '0', originoffset: '0' },
      { reason: 'behind_parked', originoffset: '1' },
    ])
    expect(JSON.parse(rows[0]!.value!)).toMatchObject({
      ...{ service: 'payment', key: 'seen', type: 'payment.capture', reason: 'handler_failed', attempts: 1 },
      value: encode(commandOf('seen', 0)).value,
    })
  })

  test('a tombstone when it was handled, and when it was given up', async () => {
    broken = failing
    await park(...commands('ended', 3))
    broken = mended
    const [first] = await listed()
    await post(`/${first!.id}/discard`, { reason: "it is nobody's" }).expect(202)
    await vi.waitFor(async () => expect(await handled('ended')).toHaveLength(2), 10_000)
    expect((await left()).map(({ value }) => value)).toEqual([null, null, null])
  })

  test('what was amended, and that it was refused again', async () => {
    broken = failing
    await park(commandOf('amended', 0))
    const [{ key }] = (await left()) as [Row]
    broken = () => refuse('nothing_to_capture')
    const [first] = await listed()
    const value = JSON.stringify({ ...commandOf('amended', 0).data, customerId: 'other' })
    await post(`/${first!.id}/amend`, { value, reason: 'a typo' }).expect(202)
    await vi.waitFor(async () => expect(await listed()).toMatchObject([{ reason: 'unprocessable' }]), 10_000)
    const rows = await left()
    expect(rows).toMatchObject([{ key, headers: { reason: 'unprocessable' } }])
    expect(JSON.parse(rows[0]!.value!)).toMatchObject({ value, error: 'nothing_to_capture', attempts: 2 })
  })

  test('one that is too large to be repeated is named without its content', async () => {
    const record = { ...encode(commandOf('large', 0)), value: 'x'.repeat(900_000) }
    await parkRecords({ app, consumer: 'payment', handlers }, [
      record,
      { key: null, value: '\u0000\ud800', headers: {} },
    ])
    const letters = (await left()).map(({ value }) => JSON.parse(value!))
    expect(letters).toMatchObject([
      { key: 'large', reason: 'invalid_json' },
      { key: null, reason: 'missing_header' },
    ])
    expect(letters[0]).not.toHaveProperty('value')
  })
})
