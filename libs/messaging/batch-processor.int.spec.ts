import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encode } from '#libs/contracts'
import { ConcurrencyConflict, GroupCommit } from '#libs/database'
import { refuse } from '#libs/decider'
import { Abandoned } from './batch-processor.ts'
import { command, garbage, type OpenDatabase, openDatabase, startConsumer, until } from './messaging.fixture.ts'

let db: OpenDatabase
beforeEach(async () => {
  db = await openDatabase()
})
afterEach(() => db.close())

const commands = (customer: string, ...numbers: number[]) => numbers.map((n) => command(customer, n))
const ids = (messages: { id: string }[]) => messages.map(({ id }) => id)

describe('a batch', () => {
  test('is handled in order, and again when it comes again changes nothing', async () => {
    const consumer = startConsumer(db)
    const messages = [...commands('a', 1, 2), ...commands('b', 1), ...commands('a', 3)]
    await consumer.receive(messages.map(encode))
    await consumer.receive(messages.map(encode))
    expect(await db.handled()).toEqual(ids(messages))
    expect(consumer.results.slice(4)).toEqual(['duplicate', 'duplicate', 'duplicate', 'duplicate'])
  })

  test('with one message twice handles it once', async () => {
    const consumer = startConsumer(db)
    const [message] = commands('a', 1)
    await consumer.receive([encode(message!), encode(message!)])
    expect(await db.handled()).toEqual([message!.id])
  })

  test('for handlers that recognise duplicates is handed to them when it comes again, and no inbox is asked', async () => {
    await db.database.execute('DROP TABLE inbox')
    const consumer = startConsumer(db, { recognisesDuplicates: true })
    const [first, second] = commands('a', 1, 2)
    await consumer.receive([encode(first!), encode(second!)])
    await consumer.receive([encode(second!)])
    expect(await db.handled()).toEqual(ids([first!, second!, second!]))
  })

  test('with garbage of every kind parks the garbage, once, and handles the rest', async () => {
    const consumer = startConsumer(db)
    const good = commands('g', 1, 2, 3)
    const records = [encode(good[0]!), ...Object.values(garbage), encode(good[1]!), encode(good[2]!)]
    await consumer.receive(records)
    await consumer.receive(records)
    expect(await db.handled()).toEqual(ids(good))
    const parked = await db.parked()
    expect(parked.map(({ offset }) => Number(offset))).toEqual(Object.keys(garbage).map((_, i) => i + 1))
    expect(new Set(parked.map(({ status }) => status))).toEqual(new Set(['dead']))
  })

  test('skips what the service ignores', async () => {
    const consumer = startConsumer(db)
    await consumer.receive([encode({ ...command('a', 1), type: 'payment.void' })])
    expect(consumer.results).toEqual(['ignored'])
    expect(await db.parked()).toEqual([])
  })

  test('of nothing but what the service ignores takes no transaction', async () => {
    const consumer = startConsumer(db)
    const submitted = vi.spyOn(GroupCommit.prototype, 'submit')
    await consumer.receive([encode({ ...command('a', 1), type: 'payment.void' })])
    expect(submitted).not.toHaveBeenCalled()
    await consumer.receive([encode({ ...command('a', 2), type: 'payment.void' }), encode(command('a', 3))])
    expect(submitted).toHaveBeenCalledOnce()
    submitted.mockRestore()
    expect(consumer.results).toEqual(['ignored', 'ignored', 'handled'])
  })
})

describe('a message that cannot ever be handled', () => {
  test('is a dead letter alone, its key flows on', async () => {
    const [first, second, third] = commands('a', 1, 2, 3)
    const consumer = startConsumer(db, {
      behaviour: ({ id }) => (id === second!.id ? refuse('unknown_order') : undefined),
    })
    await consumer.receive([first!, second!, third!].map(encode))
    expect(await db.handled()).toEqual(ids([first!, third!]))
    expect(await db.parked()).toMatchObject([{ offset: 1n, status: 'dead', reason: 'unprocessable' }])
  })
})

describe('what is parked', () => {
  test('is kept beside a dead letter that has its place: in a topic that was created anew', async () => {
    const [old, successor] = [...commands('a', 1), ...commands('b', 1)]
    const consumer = startConsumer(db, {
      behaviour: () => {
        throw new Error('never')
      },
      retryPolicy: { maxAttempts: 1, firstDelayMs: 1, longestDelayMs: 1 },
    })
    await consumer.receive([encode(old!)], 5)
    await consumer.receive([encode(successor!)], 5)
    await consumer.receive([encode(successor!)], 5)
    expect(await db.parked()).toMatchObject([{ offset: 5n }, { offset: 5n }])
  })

  test('that is refused when it is retried is a dead letter, and its key flows on', async () => {
    const messages = commands('a', 1, 2)
    let tries = 0
    const consumer = startConsumer(db, {
      behaviour: ({ id }) => {
        if (id !== messages[0]!.id) return
        if (tries++ < 2) throw new Error('not yet')
        return refuse('unknown_order')
      },
    })
    await consumer.receive(messages.map(encode))
    consumer.retrier.start()
    await until(async () => (await db.handled()).length === 1)
    expect(await db.parked()).toMatchObject([{ offset: 0n, status: 'dead', reason: 'unprocessable', attempts: 2 }])
    await consumer.retrier.stop()
  })
})

describe('what is usually nobody’s fault', () => {
  test('is held against a message that brings it about every time: the partition flows on', async () => {
    const messages = [...commands('a', 1), ...commands('b', 1), ...commands('c', 1)]
    const consumer = startConsumer(db, {
      behaviour: async ({ key }) => {
        if (key === 'a') throw new ConcurrencyConflict('again and again')
        if (key === 'b') await db.cutOffEverybody()
      },
    })
    await consumer.receive(messages.map(encode))
    expect(await db.handled()).toEqual(ids([messages[2]!]))
    expect(await db.parked()).toMatchObject([
      { offset: 0n, status: 'retrying' },
      { offset: 1n, status: 'retrying' },
    ])
  })
})

describe('a message that fails for a while', () => {
  test('holds its key back in order while other keys flow, then everything of the key follows', async () => {
    const a = commands('a', 1, 2, 3, 4, 5)
    const b = commands('b', 1, 2)
    const attempts: string[] = []
    const consumer = startConsumer(db, {
      behaviour: ({ id }) => {
        if (id !== a[1]!.id) return
        attempts.push(id)
        if (attempts.length < 7) throw new Error('not yet')
      },
    })
    await consumer.receive([a[0]!, b[0]!, a[1]!, a[2]!, b[1]!].map(encode))
    expect(await db.handled('b')).toEqual(ids(b))
    expect(await db.handled('a')).toEqual(ids(a.slice(0, 1)))
    await consumer.receive([a[3]!].map(encode), 5)
    expect(await db.parked()).toMatchObject([
      { offset: 2n, status: 'retrying', reason: 'handler_failed', attempts: 1 },
      { offset: 3n, status: 'queued' },
      { offset: 5n, status: 'queued' },
    ])
    consumer.retrier.start()
    await until(async () => (await db.parked()).length === 0)
    await consumer.receive([a[4]!].map(encode), 6)
    expect(await db.handled('a')).toEqual(ids(a))
    await consumer.retrier.stop()
  })

  test('that is delivered again while it is parked is not handled twice', async () => {
    const [message] = commands('a', 1)
    const consumer = startConsumer(db, {
      behaviour: () => {
        throw new Error('not yet')
      },
    })
    await consumer.receive([encode(message!)])
    consumer.behave(() => {})
    await consumer.receive([encode(message!)])
    await consumer.receive([encode(message!)], 7)
    expect(await db.handled()).toEqual([])
    consumer.retrier.start()
    await until(async () => (await db.parked()).length === 0)
    expect(await db.handled()).toEqual([message!.id])
    await consumer.retrier.stop()
  })

  test('is a dead letter after the last attempt, with its key still behind it', async () => {
    const [first, second] = commands('a', 1, 2)
    const consumer = startConsumer(db, {
      retryPolicy: { maxAttempts: 3, firstDelayMs: 5, longestDelayMs: 10 },
      behaviour: () => {
        throw new Error('never')
      },
    })
    await consumer.receive([first!, second!].map(encode))
    consumer.retrier.start()
    await until(async () => (await db.parked())[0]?.status === 'dead')
    await consumer.retrier.stop()
    expect(await db.parked()).toMatchObject([
      { status: 'dead', attempts: 3, reason: 'handler_failed' },
      { status: 'queued', attempts: 0 },
    ])
  })

  test('is retried once by several processes', async () => {
    const customers = Array.from({ length: 10 }, (_, i) => `c${i}`)
    const messages = customers.flatMap((customer) => commands(customer, 1, 2, 3))
    const consumer = startConsumer(db, {
      behaviour: () => {
        throw new Error('not yet')
      },
    })
    await consumer.receive(messages.map(encode))
    const others = [startConsumer(db.another()), startConsumer(db.another())]
    for (const { retrier } of others) retrier.start()
    await until(async () => (await db.parked()).length === 0)
    for (const { retrier } of others) await retrier.stop()
    for (const customer of customers) expect(await db.handled(customer)).toEqual(ids(commands(customer, 1, 2, 3)))
  })
})

describe('while parked messages of a key are being done by others', () => {
  test('what arrives meanwhile stays in order', async () => {
    const messages = commands('a', ...Array.from({ length: 300 }, (_, n) => n))
    // In its batch, alone, and some when they are retried.
    const failures = new Map(ids(messages.filter((_, n) => n % 7 === 3)).map((id, n) => [id, 2 + (n % 3)]))
    const behaviour = ({ id }: { id: string }) => {
      const left = failures.get(id) ?? 0
      failures.set(id, left - 1)
      if (left > 0) throw new Error('not yet')
    }
    const retryPolicy = { maxAttempts: 8, firstDelayMs: 1, longestDelayMs: 2 }
    const consumer = startConsumer(db, { behaviour, retryPolicy })
    const others = [startConsumer(db.another(), { behaviour }), startConsumer(db.another(), { behaviour })]
    for (const { retrier } of [consumer, ...others]) retrier.start()
    for (let from = 0; from < messages.length; from += 3)
      await consumer.receive(messages.slice(from, from + 3).map(encode), from)
    await until(async () => {
      for (const { retrier } of others) retrier.wake()
      return (await db.parked()).length === 0
    })
    for (const { retrier } of [consumer, ...others]) await retrier.stop()
    expect(await db.handled()).toEqual(ids(messages))
    expect(new Set(consumer.results)).toContain('handled')
    expect(new Set(consumer.results)).toContain('queued')
  })
})

describe('a failure that a batch has in common', () => {
  test('a flush that fails because of one message parks that one only', async () => {
    const messages = commands('a', 1, 2, 3, 4, 5).concat(commands('b', 1, 2))
    const culprit = messages[3]!
    class Breaks {
      bad = false
      async flush() {
        if (this.bad) throw new Error('cannot write')
      }
    }
    const consumer = startConsumer(db, {
      announce: ({ id }, uow) => {
        if (id === culprit.id) uow.part(Breaks).bad = true
      },
    })
    await consumer.receive(messages.map(encode))
    expect(await db.handled('a')).toEqual(ids(messages.slice(0, 3)))
    expect(await db.handled('b')).toEqual(ids(commands('b', 1, 2)))
    expect((await db.parked()).map(({ status }) => status)).toEqual(['retrying', 'queued'])
  })

  test('an announcement that fails parks its message only', async () => {
    const messages = [...commands('a', 1), ...commands('b', 1), ...commands('c', 1)]
    const consumer = startConsumer(db, {
      announce: ({ key }) => {
        if (key === 'b') throw new Error('what is that')
      },
    })
    await consumer.receive(messages.map(encode))
    expect(await db.handled()).toEqual(ids([messages[0]!, messages[2]!]))
    expect(await db.parked()).toMatchObject([{ offset: 1n, status: 'retrying' }])
  })

  test('the database going away is waited out, parking nothing', async () => {
    const consumer = startConsumer(db)
    const messages = commands('a', 1, 2, 3)
    let cuts = 0
    consumer.behave(async () => {
      if (cuts++ < 3) await db.cutOffEverybody()
    })
    await consumer.receive(messages.map(encode))
    expect(await db.handled()).toEqual(ids(messages))
    expect(await db.parked()).toEqual([])
  })

  test('a lost partition ends the wait', async () => {
    const consumer = startConsumer(db)
    await expect(consumer.receive([encode(command('a', 1))], 0, () => true)).rejects.toThrow(Abandoned)
  })
})
