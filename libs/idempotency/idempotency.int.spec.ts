import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Database, GroupCommit, Housekeeping, UnitOfWork } from '#libs/database'
import { countStatements, type TestDatabase, testDatabase } from '#libs/testing'
import { IdempotencyKeys, type IdempotentRequest, type StoredResponse } from './idempotency-keys.ts'
import { IdempotentCommands } from './idempotent-commands.ts'
import { idempotencyRetention } from './retention.ts'

const request = (key: string, fingerprint = 'f1'): IdempotentRequest => ({ scope: 'POST /orders', key, fingerprint })
const response: StoredResponse = { status: 201, headers: { location: '/orders/1' }, body: { z: 1, a: [null, 'x'] } }

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await testDatabase('order')
  database = new Database(server.url)
})
afterAll(async () => {
  await database.close()
  await server.drop()
})

/** One service process: its own queue of transactions and its own memory of what is in flight. */
const replica = (now = new Date()) =>
  new IdempotentCommands({ groupCommit: new GroupCommit(database, { clock: () => now }), ttlMs: 1_000 })

const prune = (at: number) =>
  new Housekeeping({ database: database, retention: [idempotencyRetention], clock: () => new Date(at) }).prune()

const counter = () => {
  let runs = 0
  return {
    run: async (): Promise<StoredResponse> => {
      runs++
      return response
    },
    get runs() {
      return runs
    },
  }
}

/** Work that stays in its transaction until it is let go. */
const slow = () => {
  const [entered, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const run = async (): Promise<StoredResponse> => {
    entered.resolve()
    await released.promise
    return response
  }
  return { run, entered: entered.promise, release: () => released.resolve() }
}

beforeEach(async () => {
  await database.execute('TRUNCATE idempotency_keys')
})

describe('a request', () => {
  test('is carried out once and answered the same ever after', async () => {
    const work = counter()
    expect(await replica().execute(request('k'), work)).toEqual({ kind: 'first', response })
    const replay = await replica().execute(request('k'), work)
    expect(replay).toEqual({ kind: 'replay', response })
    expect(JSON.stringify(replay)).toContain(JSON.stringify(response.body))
    expect(work.runs).toBe(1)
  })

  test('with the key of another one is refused', async () => {
    await replica().execute(request('k'), counter())
    expect(await replica().execute(request('k', 'f2'), counter())).toEqual({ kind: 'mismatch' })
    expect(await replica().execute({ ...request('k', 'f2'), scope: 'POST /receipts' }, counter())).toMatchObject({
      kind: 'first',
    })
  })

  test('that failed leaves its key free', async () => {
    const failing = replica().execute(request('k'), {
      run: async () => {
        throw new Error('no stock service')
      },
    })
    await expect(failing).rejects.toThrow('no stock service')
    expect(await replica().execute(request('k'), counter())).toMatchObject({ kind: 'first' })
  })

  test('is forgotten when its time is over', async () => {
    const start = Date.parse('2026-01-01T00:00:00Z')
    await replica(new Date(start)).execute(request('k'), counter())
    expect(await replica(new Date(start + 999)).execute(request('k', 'f2'), counter())).toEqual({ kind: 'mismatch' })
    const later = replica(new Date(start + 1_000))
    expect(await later.execute(request('k', 'f2'), counter())).toMatchObject({ kind: 'first' })
    expect(await later.execute(request('k', 'f2'), counter())).toMatchObject({ kind: 'replay' })
    expect(await prune(start + 1_999)).toBe(0)
    expect(await prune(start + 2_000)).toBe(1)
  })
})

describe('a twin of a request in flight hears so at once', () => {
  test('in the same process', async () => {
    const here = replica()
    const first = slow()
    const outcome = here.execute(request('k'), first)
    expect(await here.execute(request('k'), counter())).toEqual({ kind: 'conflict' })
    first.release()
    expect(await outcome).toMatchObject({ kind: 'first' })
    expect(await here.execute(request('k'), counter())).toMatchObject({ kind: 'replay' })
  })

  test('in another process', async () => {
    const first = slow()
    const outcome = replica().execute(request('k'), first)
    await first.entered
    const elsewhere = replica()
    expect(await elsewhere.execute(request('k'), counter())).toEqual({ kind: 'conflict' })
    expect(await elsewhere.execute(request('other'), counter())).toMatchObject({ kind: 'first' })
    first.release()
    expect(await outcome).toMatchObject({ kind: 'first' })
  })

  test('or is answered by a twin that committed between its look and its lock', async () => {
    let runs = 0
    const outcome = await replica().execute(request('k'), {
      run: async () => {
        if (runs++ > 0) throw new Error('carried out although its twin was')
        await database.execute(
          `INSERT INTO idempotency_keys VALUES ('POST /orders', 'k', 'f1', 202, '{}', '"twin"', now(), now() + '1 day')`,
        )
        return response
      },
    })
    expect(outcome).toEqual({ kind: 'replay', response: { status: 202, headers: {}, body: 'twin' } })
  })

  test('and however many there are, one is carried out', async () => {
    const work = counter()
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => replica().execute(request('k'), work)))
    expect(outcomes.filter(({ kind }) => kind === 'first')).toHaveLength(1)
    const rows = await database.query('SELECT FROM idempotency_keys')
    expect(rows).toHaveLength(1)
  })
})

test('what a group announced is looked up in one statement and written in one', async () => {
  await replica().execute(request('k1'), counter())
  await database.transaction(async (tx) => {
    const counted = countStatements(tx)
    const uow = new UnitOfWork(counted, new Date())
    const keys = uow.part(IdempotencyKeys)
    const requests = ['k1', 'k2', 'k3'].map((key) => request(key))
    for (const each of requests) keys.announce(each)
    const kinds: string[] = []
    for (const each of requests) {
      const { kind } = await keys.begin(each)
      kinds.push(kind)
      if (kind === 'first') keys.complete(each, response, 1_000)
    }
    await uow.flush()
    expect(kinds).toEqual(['replay', 'first', 'first'])
    expect(counted.statements).toBe(2)
  })
})
