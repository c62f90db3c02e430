import { describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { isForgotten, isTimedOut } from './expiry.ts'
import { TransactionUnderTest } from './transaction.fixture.ts'

const {
  CONCURRENT_TRANSACTIONS,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TXN_STATE,
  NONE,
  PRODUCER_FENCED,
  TRANSACTION_ABORTABLE,
} = ErrorCode

const LAST_EPOCH = 32_766

const given = () => {
  const test = new TransactionUnderTest()
  test.init()
  return test
}

const ongoing = (producer: readonly [number, number] = [100, 0]) => {
  const test = producer[1] === 0 ? given() : TransactionUnderTest.atEpoch(producer[1])
  test.add(producer)
  return test
}

describe('a producer that starts', () => {
  test('is given a producer id of its own, and the next epoch each time', () => {
    const test = new TransactionUnderTest()
    expect(test.init()).toEqual({ errorCode: NONE, producerId: 100, epoch: 0 })
    expect(test.init()).toEqual({ errorCode: NONE, producerId: 100, epoch: 1 })
  })

  test('gets another producer id when the epochs are used up', () => {
    const test = TransactionUnderTest.atEpoch(LAST_EPOCH)
    expect(test.init()).toMatchObject({ errorCode: NONE, epoch: 0 })
    expect(test.transaction!.producerId).not.toBe(100)
  })

  test('has to wait until the transaction before is aborted, and then fences its producer twice', () => {
    const test = ongoing()
    expect(test.init().errorCode).toBe(CONCURRENT_TRANSACTIONS)
    expect(test.transaction).toMatchObject({ state: 'PrepareAbort', epoch: 1 })
    expect(test.init().errorCode).toBe(CONCURRENT_TRANSACTIONS)
    test.complete()
    expect(test.init()).toEqual({ errorCode: NONE, producerId: 100, epoch: 2 })
  })
})

describe('a producer that recovers', () => {
  test('goes on with the next epoch, and gets it again when it did not hear of it', () => {
    const test = given()
    expect(test.init([100, 0])).toMatchObject({ errorCode: NONE, epoch: 1 })
    expect(test.init([100, 0])).toMatchObject({ errorCode: NONE, epoch: 1 })
    expect(test.init([100, 1])).toMatchObject({ errorCode: NONE, epoch: 2 })
    expect(test.init([100, 0]).errorCode).toBe(PRODUCER_FENCED)
  })

  test('is fenced by one that has started since, and so is one with a foreign id', () => {
    const test = given()
    test.init()
    test.init()
    expect(test.init([100, 0]).errorCode).toBe(PRODUCER_FENCED)
    expect(test.init([99, 2]).errorCode).toBe(PRODUCER_FENCED)
  })

  test('gets its new producer id again when it did not hear of it', () => {
    const test = TransactionUnderTest.atEpoch(LAST_EPOCH)
    const { producerId } = test.init([100, LAST_EPOCH])
    expect(test.init([100, LAST_EPOCH])).toEqual({ errorCode: NONE, producerId, epoch: 0 })
  })
})

describe('adding', () => {
  test('begins a transaction once and widens it after that', () => {
    const test = given()
    expect(test.add([100, 0])).toBe(NONE)
    test.now += 10
    expect(test.add([100, 0], 't', 1)).toBe(NONE)
    expect(test.addGroup([100, 0], 'g')).toBe(NONE)
    const { state, partitions, groups, startedAt } = test.transaction!
    expect({ state, startedAt }).toEqual({ state: 'Ongoing', startedAt: 1000 })
    expect([partitions, groups]).toEqual([new Map([['t', new Set([0, 1])]]), new Set(['g'])])
    const known = test.records.length
    expect(test.add([100, 0], 't', 1)).toBe(NONE)
    expect(test.records).toHaveLength(known)
  })

  test('is for the current producer alone, and not while a transaction ends', () => {
    const test = ongoing()
    expect(test.add([99, 0])).toBe(INVALID_PRODUCER_ID_MAPPING)
    expect(test.add([100, 1])).toBe(PRODUCER_FENCED)
    expect(new TransactionUnderTest().add([100, 0])).toBe(INVALID_PRODUCER_ID_MAPPING)
    test.end([100, 0], 'commit')
    expect(test.add([100, 0])).toBe(CONCURRENT_TRANSACTIONS)
  })

  test('can be verified', () => {
    const test = ongoing()
    expect(test.verify([100, 0])).toBe(NONE)
    expect(test.verify([100, 0], 't', 1)).toBe(TRANSACTION_ABORTABLE)
    expect(test.verify([100, 0], 'other')).toBe(TRANSACTION_ABORTABLE)
    test.end([100, 0], 'abort')
    test.complete()
    expect(test.verify([100, 0])).toBe(TRANSACTION_ABORTABLE)
  })
})

describe('the end, with the same epoch', () => {
  test.each([
    ['commit', 'PrepareCommit', 'CompleteCommit'],
    ['abort', 'PrepareAbort', 'CompleteAbort'],
  ] as const)('%s', (outcome, prepared, complete) => {
    const test = ongoing()
    const other = outcome === 'commit' ? 'abort' : 'commit'
    expect(test.end([100, 0], outcome)).toEqual({ errorCode: NONE, producerId: 100, epoch: 0 })
    expect(test.transaction!.state).toBe(prepared)
    expect(test.end([100, 0], outcome).errorCode).toBe(CONCURRENT_TRANSACTIONS)
    expect(test.end([100, 0], other).errorCode).toBe(INVALID_TXN_STATE)
    test.complete()
    expect(test.transaction).toMatchObject({ state: complete, partitions: new Map() })
    expect(test.end([100, 0], outcome).errorCode).toBe(NONE)
    expect(test.end([100, 0], other).errorCode).toBe(INVALID_TXN_STATE)
  })

  test('there must be a transaction, and the producer must be the current one', () => {
    expect(given().end([100, 0], 'abort').errorCode).toBe(INVALID_TXN_STATE)
    expect(ongoing().end([99, 0], 'commit').errorCode).toBe(INVALID_PRODUCER_ID_MAPPING)
    expect(ongoing().end([100, 1], 'commit').errorCode).toBe(PRODUCER_FENCED)
  })
})

describe('the end, with another epoch each time', () => {
  test('gives the producer its next epoch', () => {
    const test = ongoing()
    expect(test.endAndBump([100, 0], 'commit')).toEqual({ errorCode: NONE, producerId: 100, epoch: 1 })
    expect(test.transaction).toMatchObject({ state: 'PrepareCommit', epoch: 1 })
    expect(test.endAndBump([100, 0], 'commit').errorCode).toBe(CONCURRENT_TRANSACTIONS)
    expect(test.endAndBump([100, 1], 'commit').errorCode).toBe(PRODUCER_FENCED)
    test.complete()
    expect(test.add([100, 1])).toBe(NONE)
  })

  test.each([
    ['Empty', 'abort', -1, PRODUCER_FENCED],
    ['Empty', 'commit', -1, PRODUCER_FENCED],
    ['Empty', 'abort', 0, NONE],
    ['Empty', 'commit', 0, INVALID_TXN_STATE],
    ['CompleteAbort', 'abort', -1, NONE],
    ['CompleteAbort', 'commit', -1, INVALID_TXN_STATE],
    ['CompleteAbort', 'abort', 0, NONE],
    ['CompleteAbort', 'commit', 0, INVALID_TXN_STATE],
    ['CompleteCommit', 'abort', -1, INVALID_TXN_STATE],
    ['CompleteCommit', 'commit', -1, NONE],
    ['CompleteCommit', 'abort', 0, NONE],
    ['CompleteCommit', 'commit', 0, INVALID_TXN_STATE],
  ] as const)('%s, %s with the epoch %i of the current one', (state, outcome, difference, errorCode) => {
    const test = TransactionUnderTest.atEpoch(5)
    if (state !== 'Empty') {
      test.add([100, 5])
      test.endAndBump([100, 5], state === 'CompleteCommit' ? 'commit' : 'abort')
      test.complete()
    }
    const { epoch } = test.transaction!
    const isNew = errorCode === NONE && difference === 0
    expect(test.endAndBump([100, epoch + difference], outcome).errorCode).toBe(errorCode)
    expect(test.transaction!.state).toBe(isNew ? 'PrepareAbort' : state)
    expect(test.transaction!.epoch).toBe(isNew ? epoch + 1 : epoch)
  })

  test('moves on to another producer id when the epochs are used up', () => {
    const test = ongoing([100, LAST_EPOCH])
    const answer = test.endAndBump([100, LAST_EPOCH], 'commit')
    expect(answer).toMatchObject({ errorCode: NONE, epoch: 0 })
    expect(answer.producerId).not.toBe(100)
    // The markers still speak of the old one, under an epoch that it never had.
    expect(test.transaction).toMatchObject({ producerId: 100, epoch: LAST_EPOCH + 1 })
    test.complete()
    expect(test.transaction).toMatchObject({ state: 'CompleteCommit', producerId: answer.producerId, epoch: 0 })
    expect(test.endAndBump([100, LAST_EPOCH], 'commit')).toEqual(answer)
    expect(test.endAndBump([100, LAST_EPOCH], 'abort').errorCode).toBe(INVALID_TXN_STATE)
    expect(test.add([answer.producerId, 0])).toBe(NONE)
  })

  test('an abort by the broker is an outcome like any other to the producer', () => {
    const test = ongoing()
    test.abortByBroker()
    test.complete()
    expect(test.transaction).toMatchObject({ state: 'CompleteAbort', epoch: 1 })
    expect(test.end([100, 0], 'commit').errorCode).toBe(PRODUCER_FENCED)
    expect(test.endAndBump([100, 0], 'commit').errorCode).toBe(INVALID_TXN_STATE)
    expect(test.endAndBump([100, 0], 'abort')).toEqual({ errorCode: NONE, producerId: 100, epoch: 1 })
  })
})

describe('time', () => {
  test('only what is open times out, counted from its beginning', () => {
    const test = given()
    expect(isTimedOut(test.transaction!, 1_000_000)).toBe(false)
    test.add([100, 0])
    test.now += 4000
    test.add([100, 0], 't', 1)
    expect(isTimedOut(test.transaction!, 6000)).toBe(false)
    expect(isTimedOut(test.transaction!, 6001)).toBe(true)
    test.end([100, 0], 'commit')
    expect(isTimedOut(test.transaction!, 6001)).toBe(false)
  })

  test('only an id with nothing to do is forgotten', () => {
    const test = given()
    expect(isForgotten(test.transaction!, 1999, 1000)).toBe(false)
    expect(isForgotten(test.transaction!, 2000, 1000)).toBe(true)
    test.add([100, 0])
    expect(isForgotten(test.transaction!, 1_000_000, 1000)).toBe(false)
    test.end([100, 0], 'commit')
    expect(isForgotten(test.transaction!, 1_000_000, 1000)).toBe(false)
  })
})

describe('a restart', () => {
  test('finds every state as it was, from the records and from their digest', () => {
    const test = given()
    const check = () => {
      expect(test.restarted()).toEqual(test.transaction)
      expect(test.compacted()).toEqual(test.transaction)
    }
    const steps = [
      () => test.add([100, 0]),
      () => test.addGroup([100, 0], 'g'),
      () => test.endAndBump([100, 0], 'commit'),
      () => test.complete(),
      () => test.add([100, 1], 'u', 3),
      () => test.init(),
      () => test.complete(),
      () => test.init(),
    ]
    for (const step of steps) {
      test.now++
      step()
      check()
    }
  })

  test('knows from the outcome alone where it is owed', () => {
    const test = ongoing()
    test.addGroup([100, 0], 'g')
    test.end([100, 0], 'commit')
    const lost = test.records.filter(({ type }) => type !== 'PartitionsAdded')
    test.records.splice(0, Infinity, ...lost)
    expect(test.restarted()).toMatchObject({ partitions: new Map([['t', new Set([0])]]), groups: new Set(['g']) })
  })
})
