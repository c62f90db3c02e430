import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { encode, type Message, type Topic } from '#libs/contracts'
import { GroupCommit, type UnitOfWork } from '#libs/database'
import { refuse } from '#libs/decider'
import { ParkedCommands } from '../parking/parked-commands.ts'
import { enqueue, enqueueLater } from './enqueue.ts'
import { isBundled, message, startQueues, type TestQueues } from './queue.fixture.ts'
import type { Queue } from './queue.ts'
import { done, later, type Worked } from './work.ts'
import type { WorkQueue } from './work-queue.ts'

/** The contract of work queues, on the bundled broker or the Kafka that `KAFKA_BROKERS` names. */
let queues: TestQueues

beforeAll(async () => {
  queues = await startQueues()
})
afterEach(() => queues.stopWork())
afterAll(() => queues.close())

const eventually = (check: () => unknown) => expect.poll(check, { timeout: 50_000, interval: 20 })
const soon = { backoff: { firstMs: 200, factor: 2, longestMs: 1_000 } }
const messagesOf = (queue: Queue, count: number) => Array.from({ length: count }, (_, n) => message(n, queue.name))
const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id).toSorted()

const note = (uow: UnitOfWork, queue: Queue, id: string) =>
  uow.execute('INSERT INTO worked (queue, id) VALUES ($1, $2)', queue.name, id)
/** Worked, which is noted in the transaction in which the message ends. */
const noted = (queue: Queue, id: string): Worked => done(async ({ uow }) => void (await note(uow, queue, id)))
const notes = async (queue: Queue): Promise<string[]> => {
  const rows = await queues.database.query<{ id: string }>('SELECT id FROM worked WHERE queue = $1', queue.name)
  return rows.map(({ id }) => id).toSorted()
}
const isEmpty = async (work: WorkQueue): Promise<boolean> => {
  const depth = await work.depth().catch(() => undefined)
  return depth?.waiting === 0
}

describe('messages', () => {
  test('are worked once each, several at a time', async () => {
    const queue = await queues.queue({ workers: 4 })
    const messages = messagesOf(queue, 100)
    let now = 0
    let most = 0
    const work = queues.work(queue, async ({ id }) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
      return noted(queue, id)
    })
    await queues.publish(queue, messages)
    await eventually(() => isEmpty(work)).toBe(true)
    expect(await notes(queue)).toEqual(idsOf(messages))
    expect(most).toBe(4)
  })

  test('that were there before the first worker are worked, too', async () => {
    const queue = await queues.queue()
    const messages = messagesOf(queue, 20)
    await queues.publish(queue, messages)
    queues.work(queue, ({ id }) => noted(queue, id))
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
  })

  test('are shared by processes, more of them than there are partitions', async () => {
    const queue = await queues.queue({ workers: 1 }, 1)
    const busy = new Set<number>()
    const everybody = Promise.withResolvers<void>()
    for (const worker of [0, 1, 2])
      queues.work(queue, async ({ id }) => {
        busy.add(worker)
        if (busy.size === 3) everybody.resolve()
        await everybody.promise
        return noted(queue, id)
      })
    const messages = messagesOf(queue, 12)
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
  })

  test('that come twice have their effects once', async () => {
    const queue = await queues.queue({ workers: 3 })
    const messages = messagesOf(queue, 10)
    const work = queues.work(queue, ({ id }) => noted(queue, id))
    for (let copy = 0; copy < 3; copy++) await queues.publish(queue, messages)
    await eventually(() => isEmpty(work)).toBe(true)
    await queues.publish(queue, messages)
    await eventually(() => isEmpty(work)).toBe(true)
    expect(await notes(queue)).toEqual(idsOf(messages))
  })

  test('are published if, and only if, the transaction commits', async () => {
    const queue = await queues.queue()
    const [first, second] = messagesOf(queue, 2)
    const groupCommit = new GroupCommit(queues.database)
    await groupCommit.submit({ run: async (uow) => enqueue(uow, queue, first!) })
    const undone = groupCommit.submit({
      run: async (uow) => {
        enqueue(uow, queue, second!)
        throw new Error('undone')
      },
    })
    await expect(undone).rejects.toThrow('undone')
    const rows = await queues.database.query('SELECT key, value FROM outbox WHERE topic = $1', queue.name)
    const { key, value } = encode(first!)
    expect(rows).toEqual([{ key, value }])
  })
})

describe('a message that fails', () => {
  test('is tried again after its backoff, holds up nobody, and its effects are those of the try that worked', async () => {
    const queue = await queues.queue({ workers: 1, tries: 3, ...soon })
    const messages = messagesOf(queue, 5)
    const tries: { attempt: number; isLastTry: boolean; at: number }[] = []
    const work = queues.work(queue, ({ id }, { attempt, isLastTry }) => {
      if (id !== messages[0]!.id) return noted(queue, id)
      tries.push({ attempt, isLastTry, at: Date.now() })
      if (attempt < 3) throw new Error('not yet')
      return noted(queue, id)
    })
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
    expect(tries).toMatchObject([
      { attempt: 1, isLastTry: false },
      { attempt: 2, isLastTry: false },
      { attempt: 3, isLastTry: true },
    ])
    const waits = tries.slice(1).map(({ at }, i) => at - tries[i]!.at)
    expect(waits.map((ms, i) => ms >= 200 * 2 ** i)).toEqual([true, true])
    await eventually(() => isEmpty(work)).toBe(true)
    expect(await queues.parked(queue)).toEqual([])
  })

  test('as often as it is tried is a dead letter, with what follows from that, and a retry works', async () => {
    const queue = await queues.queue({ tries: 2, ...soon })
    let isBroken = true
    const work = queues.work(queue, {
      work: ({ id }) => {
        if (isBroken) throw new Error('a bug')
        return noted(queue, id)
      },
      dead: (_, why, { uow }) => void note(uow, queue, `dead after ${why.attempts}`),
    })
    const [first] = messagesOf(queue, 1)
    await queues.publish(queue, [first!])
    const parked = () => queues.parked(queue)
    await eventually(parked).toMatchObject([{ status: 'dead', reason: 'handler_failed', attempts: 2 }])
    expect(await notes(queue)).toEqual(['dead after 2'])
    await eventually(() => isEmpty(work)).toBe(true)
    const retry = async () => {
      const [{ id }] = (await queues.database.query<{ id: bigint }>(
        'SELECT id FROM parked_messages WHERE topic = $1',
        queue.name,
      )) as [{ id: bigint }]
      await new GroupCommit(queues.database).submit({
        run: (uow) => new ParkedCommands('notification').retry(uow, id, 'operator:ada'),
      })
    }
    await retry()
    await eventually(parked).toMatchObject([{ status: 'dead', attempts: 3 }])
    isBroken = false
    await retry()
    await eventually(parked).toMatchObject([{ status: 'settled' }])
    expect(await notes(queue)).toEqual(['dead after 2', 'dead after 3', first!.id].toSorted())
  })

  test('for good is a dead letter at once, and so is one that is no message of the queue', async () => {
    const queue = await queues.queue()
    const [first] = messagesOf(queue, 1)
    const work = queues.work(queue, () => refuse('unknown_number', 'nobody has it'))
    const { key, value, headers } = encode(first!)
    await queues.publishRaw([
      { topic: queue.name as Topic, record: { key, value, headers } },
      { topic: queue.name as Topic, record: { key, value: '{', headers } },
      { topic: queue.name as Topic, record: { key, value, headers: { ...headers, ce_type: 'payment.void' } } },
      { topic: queue.name as Topic, record: { key, value: null, headers: {} } },
    ])
    await eventually(async () => (await queues.parked(queue)).map(({ reason }) => reason).toSorted()).toEqual(
      ['unprocessable', 'invalid_json', 'unknown_type', 'missing_header'].toSorted(),
    )
    await eventually(() => isEmpty(work)).toBe(true)
  })

  test('at what it wants written has failed a try', async () => {
    const queue = await queues.queue({ tries: 2, ...soon })
    const attempts: number[] = []
    queues.work(queue, ({ id }, { attempt }) => {
      attempts.push(attempt)
      return done(async ({ uow }) => {
        await note(uow, queue, id)
        if (attempt === 1) await uow.execute('INSERT INTO nowhere DEFAULT VALUES')
      })
    })
    const messages = messagesOf(queue, 1)
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
    expect(attempts).toEqual([1, 2])
  })

  test('and whose handler never ends is given up', async () => {
    const queue = await queues.queue({ tries: 1, longestMs: 300 })
    queues.work(queue, () => new Promise(() => {}))
    await queues.publish(queue, messagesOf(queue, 1))
    await eventually(() => queues.parked(queue)).toMatchObject([{ status: 'dead', error: 'Error: not done in 300 ms' }])
  })
})

describe('a message is invisible until its time', () => {
  test('when its handler says so, which is no failed try', async () => {
    const queue = await queues.queue({ tries: 1 })
    const tries: { attempt: number; at: number }[] = []
    queues.work(queue, ({ id }, { attempt }) => {
      tries.push({ attempt, at: Date.now() })
      return tries.length < 3 ? later(300) : noted(queue, id)
    })
    const messages = messagesOf(queue, 1)
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 1, 1])
    expect(tries[2]!.at - tries[0]!.at).toBeGreaterThanOrEqual(600)
  })

  test('when it was put into the queue for later, once', async () => {
    const queue = await queues.queue()
    const messages = messagesOf(queue, 1)
    const dueAt = new Date(Date.now() + 1_000)
    const put = () =>
      new GroupCommit(queues.database).submit({ run: (uow) => enqueueLater(uow, queue, messages[0]!, dueAt) })
    expect(await put()).toBe(true)
    expect(await put()).toBe(false)
    const at: number[] = []
    queues.work(queue, ({ id }) => {
      at.push(Date.now())
      return noted(queue, id)
    })
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
    expect(at).toHaveLength(1)
    expect(at[0]).toBeGreaterThanOrEqual(dueAt.getTime())
    expect(await put()).toBe(false)
  })

  test('whoever is there then: the process that delayed it need not', async () => {
    const queue = await queues.queue({ backoff: { firstMs: 1_500, factor: 1, longestMs: 1_500 } })
    const messages = messagesOf(queue, 3)
    const first = queues.work(queue, () => {
      throw new Error('not here')
    })
    await queues.publish(queue, messages)
    await eventually(async () => {
      const [row] = await queues.database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM delayed_messages WHERE queue = $1',
        queue.name,
      )
      return row!.count
    }).toBe(3)
    await first.stop()
    queues.work(queue, ({ id }, { attempt }) => noted(queue, `${id} ${attempt}`))
    await eventually(() => notes(queue)).toEqual(idsOf(messages).map((id) => `${id} 2`))
  })
})

describe('a worker', () => {
  test('keeps what takes longer than a lock lasts', async () => {
    const queue = await queues.queue({ workers: 1, visibilityMs: isBundled ? 1_000 : 15_000 })
    const workers: string[] = []
    const worksLong =
      (name: string) =>
      async ({ id }: Message) => {
        workers.push(name)
        await new Promise((resolve) => setTimeout(resolve, queue.visibilityMs * 2))
        return noted(queue, id)
      }
    const one = queues.work(queue, worksLong('one'))
    queues.work(queue, worksLong('other'))
    const messages = messagesOf(queue, 1)
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).toEqual(idsOf(messages))
    await eventually(() => isEmpty(one)).toBe(true)
    expect(workers).toHaveLength(1)
  })

  test('that stops ends what it does, and gives back the rest at once', async () => {
    const queue = await queues.queue({ workers: 2, visibilityMs: 30_000 }, 1)
    const messages = messagesOf(queue, 8)
    await queues.publish(queue, messages)
    const begun: string[] = []
    const goOn = Promise.withResolvers<void>()
    const first = queues.work(queue, async ({ id }) => {
      begun.push(id)
      await goOn.promise
      return noted(queue, id)
    })
    await eventually(() => begun.length).toBe(2)
    const stopped = first.stop()
    goOn.resolve()
    await stopped
    expect(await notes(queue)).toEqual(begun.toSorted())
    const others: string[] = []
    const other = queues.work(queue, ({ id }) => {
      others.push(id)
      return noted(queue, id)
    })
    await eventually(() => isEmpty(other)).toBe(true)
    expect(await notes(queue)).toEqual(idsOf(messages))
    expect(others.filter((id) => begun.includes(id))).toEqual([])
  })

  test('that is in the way of a stop is told so, and its message goes to others', async () => {
    const queue = await queues.queue({ graceMs: 100, visibilityMs: 30_000 })
    const begun = Promise.withResolvers<AbortSignal>()
    const first = queues.work(queue, (_, { signal }) => {
      begun.resolve(signal)
      return new Promise(() => {})
    })
    const messages = messagesOf(queue, 1)
    await queues.publish(queue, messages)
    const signal = await begun.promise
    await first.stop()
    expect(signal.aborted).toBe(true)
    queues.work(queue, ({ id }, { attempt }) => noted(queue, `${id} ${attempt}`))
    await eventually(() => notes(queue)).toEqual([`${messages[0]!.id} 1`])
  })

  test('pool is paused, grows and shrinks while it runs, and says how much waits', async () => {
    const queue = await queues.queue({ workers: 0 })
    const messages = messagesOf(queue, 30)
    let now = 0
    let most = 0
    const goOn = Promise.withResolvers<void>()
    const work = queues.work(queue, async ({ id }) => {
      most = Math.max(most, ++now)
      await goOn.promise
      now--
      return noted(queue, id)
    })
    await queues.publish(queue, messages)
    work.setWorkers(1)
    await eventually(() => now).toBe(1)
    await eventually(async () => (await work.depth()).waiting).toBe(30)
    work.setWorkers(6)
    await eventually(() => now).toBe(6)
    work.setWorkers(2)
    expect(work.workers).toBe(2)
    goOn.resolve()
    await eventually(() => isEmpty(work)).toBe(true)
    expect(await notes(queue)).toEqual(idsOf(messages))
    expect(most).toBe(6)
  })
})

test.skipIf(!isBundled)(
  'a broker that dies between the end of a message and its acceptance changes nothing',
  async () => {
    const queue = await queues.queue({ workers: 1 })
    const messages = messagesOf(queue, 3)
    let kills = 0
    const runs: string[] = []
    const work = queues.work(queue, ({ id }) => {
      runs.push(id)
      return done(async ({ uow }) => {
        await note(uow, queue, id)
        if (kills++ === 0) await queues.broker!.kill9()
      })
    })
    await queues.publish(queue, messages)
    await eventually(() => notes(queue)).not.toEqual([])
    await queues.broker!.restart()
    await eventually(() => isEmpty(work)).toBe(true)
    expect(await notes(queue)).toEqual(idsOf(messages))
    expect(runs).toHaveLength(3)
  },
)
