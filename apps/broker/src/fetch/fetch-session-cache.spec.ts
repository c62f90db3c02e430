import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode, fetch } from '#libs/kafka-protocol'
import type { FetchRequest } from './fetch-part.ts'
import { type FetchContext, FetchSessionCache } from './fetch-session-cache.ts'

const MINUTE_MS = 60_000
let now = 0
let cache: FetchSessionCache
beforeEach(() => {
  now = 1_000_000
  cache = new FetchSessionCache(2, () => now)
})

const partitions = (...indexes: number[]): FetchRequest['topics'] => [
  {
    ...{ topic: 't', topicId: '' },
    partitions: indexes.map((partition) => ({
      ...{ partition, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0 },
      ...{ partitionMaxBytes: 100, replicaDirectoryId: '', highWatermark: 0 },
    })),
  },
]
const request = (sessionId: number, sessionEpoch: number, ...indexes: number[]): FetchRequest => ({
  ...fetch.emptyRequest,
  ...{ sessionId, sessionEpoch, topics: indexes.length === 0 ? [] : partitions(...indexes) },
})

const state = (highWatermark: number, bytes = 0, errorCode = 0) => ({
  errorCode,
  bytes,
  highWatermark,
  logStartOffset: 0,
})

function open(fetchRequest: FetchRequest, byId = false): FetchContext {
  const context = cache.open(fetchRequest, byId)
  if ('errorCode' in context) throw new Error(`error ${context.errorCode}`)
  return context
}

function created(...indexes: number[]): number {
  const context = open(request(0, 0, ...indexes))
  const outcome = context.close(context.wanted.map(() => state(5)))
  if ('errorCode' in outcome) throw new Error(`error ${outcome.errorCode}`)
  return outcome.sessionId
}

/** The partitions that are read, and those that are answered. */
function next(id: number, epoch: number, states: readonly ReturnType<typeof state>[], ...indexes: number[]) {
  const { wanted, close } = open(request(id, epoch, ...indexes))
  const outcome = close(states)
  if ('errorCode' in outcome) throw new Error(`error ${outcome.errorCode}`)
  const read = wanted.map(({ partition }) => partition)
  return { read, told: read.filter((_, i) => outcome.isTold(i)), sessionId: outcome.sessionId }
}

describe('a session', () => {
  test('reads everything it knows, and answers what has changed', () => {
    const id = created(0, 1, 2)
    expect(id).toBeGreaterThan(0)
    expect(next(id, 1, [state(5), state(6), state(5)])).toMatchObject({ read: [0, 1, 2], told: [1], sessionId: id })
    expect(next(id, 2, [state(5), state(6), state(5)])).toMatchObject({ told: [] })
  })

  test('serves last who was served', () => {
    const id = created(0, 1, 2)
    expect(next(id, 1, [state(6, 100), state(5), state(5)]).told).toEqual([0])
    expect(next(id, 2, [state(5), state(5), state(6)]).read).toEqual([1, 2, 0])
  })

  test('tells errors each time, and when they are over', () => {
    const id = created(0)
    expect(next(id, 1, [state(5, 0, 3)]).told).toEqual([0])
    expect(next(id, 2, [state(5, 0, 3)]).told).toEqual([0])
    expect(next(id, 3, [state(5)]).told).toEqual([0])
    expect(next(id, 4, [state(5)]).told).toEqual([])
  })

  test('learns and forgets partitions', () => {
    const id = created(0, 1)
    expect(next(id, 1, [state(5), state(5), state(5)], 2)).toMatchObject({ read: [0, 1, 2], told: [2] })
    const forgotten = { topic: 't', topicId: '', partitions: [0, 1, 2] }
    const context = open({ ...request(id, 2), forgottenTopicsData: [forgotten] })
    expect(context.wanted).toEqual([])
    expect(context.close([])).toMatchObject({ sessionId: 0 })
    expect(cache.size).toBe(0)
  })

  test('is known by its id and its epoch', () => {
    const id = created(0)
    expect(cache.open(request(id + 1, 1), false)).toEqual({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND })
    expect(cache.open(request(id, 2), false)).toEqual({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH })
    expect(cache.open(request(id, 1), true)).toEqual({ errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR })
  })

  test('cannot be continued twice at the same time', () => {
    const id = created(0)
    const first = open(request(id, 1))
    open(request(id, 2))
    expect(first.close([state(5)])).toEqual({ errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH })
  })

  test('ends with a full request in its name', () => {
    const id = created(0)
    expect(next(id, -1, [state(5)], 0)).toMatchObject({ told: [0], sessionId: 0 })
    expect(cache.size).toBe(0)
  })
})

describe('when all slots are taken', () => {
  test('there is no session for a newcomer', () => {
    created(0)
    created(0)
    expect(created(0, 1)).toBe(0)
  })

  test('one that is not used any more goes', () => {
    const idle = created(0, 1)
    const busy = created(0)
    now += 2 * MINUTE_MS
    next(busy, 1, [state(5)])
    now += 1
    const newcomer = created(0)
    expect(newcomer).toBeGreaterThan(0)
    expect(cache.open(request(idle, 1), false)).toEqual({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND })
    expect(next(busy, 2, [state(5)]).read).toEqual([0])
  })

  test('a smaller one goes if it is old', () => {
    const [small, large] = [created(0), created(0, 1, 2)]
    now += 2 * MINUTE_MS + 1
    next(small, 1, [state(5)])
    next(large, 1, [state(5), state(5), state(5)])
    expect(created(0, 1)).toBeGreaterThan(0)
    expect(cache.open(request(small, 2), false)).toEqual({ errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND })
  })
})

test('there are none without slots', () => {
  cache = new FetchSessionCache(0, () => now)
  expect(created(0)).toBe(0)
})
