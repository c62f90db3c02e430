import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Consequences, uuidFrom } from '#libs/contracts'
import { ConcurrencyConflict, Database, GroupCommit, UnitOfWork } from '#libs/database'
import { readStream } from '#libs/event-store'
import { configureLogging } from '#libs/observability'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { DeadlineWorker } from './deadline-worker.ts'
import type { Saga } from './saga.ts'
import { SagaRunner } from './saga-runner.ts'
import { Sagas } from './sagas.ts'
import { findSaga } from './sql/find-saga.ts'
import { listSagas } from './sql/list-sagas.ts'

configureLogging({ level: 'silent' })

type Input = { readonly type: 'ring'; readonly until?: string } | { readonly type: 'deadline' }
type Event = { readonly type: 'Rang'; readonly data: { readonly until?: string } } | { type: 'Woke'; data: object }
interface Bells {
  readonly rung: number
  readonly until?: string
}

/** A saga that counts: rings, of which each sends a command, and deadlines. */
const bells: Saga<Bells, Input, Event> = {
  type: 'bells',
  stream: (sagaId) => `bells-${sagaId}`,
  decider: {
    initial: { rung: 0 },
    decide: (_, input) =>
      input.type === 'ring'
        ? [{ type: 'Rang', data: input.until === undefined ? {} : { until: input.until } }]
        : [{ type: 'Woke', data: {} }],
    evolve: ({ rung }, event) => (event.type === 'Rang' ? { rung: rung + 1, ...event.data } : { rung }),
  },
  statusOf: ({ rung }) => (rung >= 3 ? 'completed' : 'running'),
  wakeAt: ({ until }) => until,
  deadline: () => ({ type: 'deadline' }),
  commandFor: (_, { type }) => {
    if (type !== 'Rang') return undefined
    return { type: 'payment.capture', key: 'cust-1', data: { orderId: uuidFrom('order'), customerId: 'cust-1' } }
  },
}

let testing: TestDatabase
let databases: Database[]

/** The database as one more process sees it. */
const another = () => {
  const database = new Database(testing.url)
  databases.push(database)
  return { database, groupCommit: new GroupCommit(database) }
}

beforeEach(async () => {
  testing = await testDatabase('order')
  databases = []
})

afterEach(async () => {
  await Promise.all(databases.map((database) => database.close()))
  await testing.drop()
})

const runner = new SagaRunner({ saga: bells, source: '/waybill/test' })
const because = (uow: UnitOfWork, id: string) =>
  new Consequences({ id, correlationId: 'order-1' }, '/waybill/test', uow.now)

const start = (groupCommit: GroupCommit, sagaId: string, input: Input = { type: 'ring' }) =>
  groupCommit.submit({
    run: (uow) => runner.start(uow, because(uow, `start ${sagaId}`), { sagaId, coordination: 'orchestrated' }, input),
  })

const ring = (groupCommit: GroupCommit, sagaId: string, cause: string) =>
  groupCommit.submit({
    announce: (uow) => uow.part(Sagas).announce(runner.key(sagaId)),
    run: (uow) => runner.handle(uow, because(uow, cause), sagaId, { type: 'ring' }),
  })

describe('a saga', () => {
  test('begins in one transaction with others that were announced and go on', async () => {
    const { database, groupCommit } = another()
    await start(groupCommit, 'old')
    await database.transaction(async (tx) => {
      const uow = new UnitOfWork(tx, new Date())
      for (const sagaId of ['new', 'old']) uow.part(Sagas).announce(runner.key(sagaId))
      const begin = { sagaId: 'new', coordination: 'orchestrated' }
      await runner.start(uow, because(uow, 'start new'), begin, { type: 'ring' })
      await runner.handle(uow, because(uow, 'second'), 'old', { type: 'ring' })
      await uow.flush()
    })
    expect(await findSaga(database, runner.key('new'))).toMatchObject({ version: 1 })
    expect(await findSaga(database, runner.key('old'))).toMatchObject({ version: 2 })
  })

  test('moves on with its events and commands, which share their ids', async () => {
    const { database, groupCommit } = another()
    await start(groupCommit, 'a')
    expect(await ring(groupCommit, 'a', 'second')).toBe(true)
    expect(await findSaga(database, runner.key('a'))).toMatchObject({
      status: 'running',
      version: 2,
      state: { rung: 2 },
    })
    const events = await readStream(database, bells.stream('a'))
    const sent = await database.query<{ id: string }>(`SELECT headers->>'ce_id' AS id FROM outbox ORDER BY outbox.id`)
    expect(events.map(({ metadata }) => metadata.messageId)).toEqual(sent.map(({ id }) => id))
    expect(events[1]!.metadata).toMatchObject({ causationId: 'second', correlationId: 'order-1', actor: 'saga:bells' })
  })

  test('begins once', async () => {
    const { database, groupCommit } = another()
    await start(groupCommit, 'a')
    await expect(start(groupCommit, 'a')).rejects.toThrow(ConcurrencyConflict)
    expect(await findSaga(database, runner.key('a'))).toMatchObject({ version: 1, state: { rung: 1 } })
  })

  test('that was never started is nobody', async () => {
    expect(await ring(another().groupCommit, 'nobody', 'x')).toBe(false)
  })

  test('keeps nothing of a transaction that failed', async () => {
    const { database, groupCommit } = another()
    await start(groupCommit, 'a')
    const failing = new SagaRunner({
      saga: bells,
      source: '/waybill/test',
      follow: async () => {
        throw new Error('the aggregate refused')
      },
    })
    const work = { run: (uow: UnitOfWork) => failing.handle(uow, because(uow, 'x'), 'a', { type: 'ring' }) }
    await expect(groupCommit.submit(work)).rejects.toThrow('the aggregate refused')
    expect(await findSaga(database, runner.key('a'))).toMatchObject({ version: 1, state: { rung: 1 } })
  })

  test('loses nothing when several processes have news for it', async () => {
    const processes = [another(), another(), another()]
    await start(processes[0]!.groupCommit, 'a')
    await start(processes[0]!.groupCommit, 'b')
    const rings = processes.flatMap(({ groupCommit }, process) =>
      Array.from({ length: 20 }, (_, i) => ring(groupCommit, i % 2 === process % 2 ? 'a' : 'b', `${process}-${i}`)),
    )
    await Promise.all(rings)
    const { database } = processes[0]!
    const [a, b] = await Promise.all([findSaga(database, runner.key('a')), findSaga(database, runner.key('b'))])
    expect((a!.state as Bells).rung + (b!.state as Bells).rung).toBe(62)
    expect(await readStream(database, bells.stream('a'))).toHaveLength(a!.version)
  })
})

describe('a deadline', () => {
  const workerOf = ({ database, groupCommit }: ReturnType<typeof another>) =>
    new DeadlineWorker({ database, groupCommit, runner, pollMs: 20 })

  test('wakes its saga once, however many processes watch', async () => {
    const processes = [another(), another(), another()]
    const workers = processes.map(workerOf)
    for (const worker of workers) worker.start()
    const { database, groupCommit } = processes[0]!
    const until = new Date(Date.now() + 200).toISOString()
    const sagaIds = Array.from({ length: 30 }, (_, i) => `saga-${i}`)
    await Promise.all(sagaIds.map((sagaId) => start(groupCommit, sagaId, { type: 'ring', until })))
    await vi.waitFor(
      async () => {
        const [row] = await database.query<{ due: bigint }>('SELECT count(wake_at) AS due FROM sagas')
        expect(row!.due).toBe(0n)
      },
      { timeout: 10_000 },
    )
    await Promise.all(workers.map((worker) => worker.stop()))
    for (const sagaId of sagaIds)
      expect((await readStream(database, bells.stream(sagaId))).map(({ type }) => type)).toEqual(['Rang', 'Woke'])
  })

  test('that passed while no process ran is noticed at the next start', async () => {
    const process = another()
    await start(process.groupCommit, 'a', { type: 'ring', until: new Date(0).toISOString() })
    const worker = workerOf(process)
    worker.start()
    await vi.waitFor(async () =>
      expect(await findSaga(process.database, runner.key('a'))).toMatchObject({ wakeAt: null, version: 2 }),
    )
    await worker.stop()
  })

  test('of a saga that cannot be woken is in nobody’s way, and in the end needs attention', async () => {
    const { database, groupCommit } = another()
    const failing = new SagaRunner({
      saga: bells,
      source: '/waybill/test',
      follow: async (_uow, _consequences, sagaId) => {
        if (sagaId === 'bad') throw new Error('no such\0thing')
      },
    })
    await start(groupCommit, 'bad', { type: 'ring', until: new Date(0).toISOString() })
    await start(groupCommit, 'good', { type: 'ring', until: new Date(1).toISOString() })
    const worker = new DeadlineWorker({ database, groupCommit, runner: failing, pollMs: 20 })
    worker.start()
    await vi.waitFor(async () => {
      expect(await findSaga(database, runner.key('good'))).toMatchObject({ wakeAt: null, version: 2 })
      expect(await findSaga(database, runner.key('bad'))).toMatchObject({ wakeFailures: 1, status: 'running' })
    })
    expect((await findSaga(database, runner.key('bad')))!.wakeAt!.getTime()).toBeGreaterThan(Date.now())
    await database.execute(`UPDATE sagas SET wake_failures = 7, wake_at = to_timestamp(0) WHERE saga_id = 'bad'`)
    await vi.waitFor(async () =>
      expect(await findSaga(database, runner.key('bad'))).toMatchObject({
        ...{ status: 'needs_attention', wakeAt: null, wakeError: 'Error: no such\uFFFDthing' },
      }),
    )
    await worker.stop()
    await ring(groupCommit, 'bad', 'news')
    expect(await findSaga(database, runner.key('bad'))).toMatchObject({ status: 'running', wakeError: null })
  })

  test('sends its commands in the trace of what started the saga', async () => {
    const process = another()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const cause = { id: 'start', correlationId: 'order-1', traceparent }
    const insistent = new SagaRunner({
      saga: { ...bells, deadline: (): Input => ({ type: 'ring' }) },
      source: '/waybill/test',
    })
    await process.groupCommit.submit({
      run: (uow) =>
        insistent.start(
          uow,
          new Consequences(cause, '/waybill/test', uow.now),
          { sagaId: 'a', coordination: 'orchestrated' },
          { type: 'ring', until: new Date(0).toISOString() },
        ),
    })
    await process.groupCommit.submit({ run: (uow) => insistent.wake(uow, 'a') })
    const traces = await process.database.query<{ trace: string }>(
      `SELECT DISTINCT headers->>'traceparent' AS trace FROM outbox`,
    )
    // The command of its beginning is within what began it, the one of its deadline within a span of its own.
    expect(traces).toHaveLength(2)
    for (const { trace } of traces) expect(trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  })

  test('is brought forward at once, but put off only when it has come', async () => {
    const { database, groupCommit } = another()
    const [soon, later] = [new Date(Date.now() + 60_000), new Date(Date.now() + 120_000)]
    const ringUntil = (until: Date) =>
      groupCommit.submit({
        run: (uow) => runner.handle(uow, because(uow, 'x'), 'a', { type: 'ring', until: until.toISOString() }),
      })
    const stored = async () => (await findSaga(database, runner.key('a')))?.wakeAt
    await start(groupCommit, 'a', { type: 'ring', until: later.toISOString() })
    await ringUntil(soon)
    expect(await stored()).toEqual(soon)
    await database.execute(`UPDATE sagas SET wake_at = to_timestamp(0), state = '{"rung":0}'`)
    await ringUntil(later)
    expect(await stored()).toEqual(later)
  })

  test('of a saga that ended is forgotten', async () => {
    const { database, groupCommit } = another()
    await start(groupCommit, 'a', { type: 'ring', until: new Date(Date.now() + 60_000).toISOString() })
    await ring(groupCommit, 'a', 'second')
    await ring(groupCommit, 'a', 'third')
    expect(await findSaga(database, runner.key('a'))).toMatchObject({ status: 'completed', wakeAt: null })
  })
})

test('sagas are listed by state, youngest first, page by page', async () => {
  const { database, groupCommit } = another()
  for (const sagaId of ['a', 'b', 'c', 'd']) await start(groupCommit, sagaId)
  await ring(groupCommit, 'b', 'second')
  await ring(groupCommit, 'b', 'third')
  const ids = (sagas: readonly { sagaId: string }[]) => sagas.map(({ sagaId }) => sagaId).join('')
  expect(ids(await listSagas(database, { status: 'completed', limit: 9 }))).toBe('b')
  const pages: string[] = []
  let after: Awaited<ReturnType<typeof listSagas>>[number] | undefined
  do {
    const page = await listSagas(database, { after, limit: 3 })
    pages.push(ids(page))
    after = page.at(-1)
  } while (after !== undefined)
  expect(pages.join('').split('').sort().join('')).toBe('abcd')
  expect(pages.map(({ length }) => length)).toEqual([3, 1, 0])
})
