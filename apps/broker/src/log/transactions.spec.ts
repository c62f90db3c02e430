import { beforeEach, describe, expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { testBatch } from './batch.fixture.ts'
import { valuesIn } from './committed-reader.fixture.ts'
import { defaultLogConfig, type LogConfig } from './log-config.ts'
import { LogManager } from './log-manager.ts'
import type { PartitionLog } from './partition-log.ts'

const TRANSACTIONAL = 16
const { NONE, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, OUT_OF_ORDER_SEQUENCE_NUMBER } = ErrorCode

let fs: MemoryFileSystem
let now: number
let manager: LogManager
let log: PartitionLog

async function open(config: Partial<LogConfig> = {}): Promise<void> {
  manager = await LogManager.open({ fs, dataDir: '/data', now: () => now, tailBytes: 300 })
  log = await manager.openPartition('t', 0, { ...defaultLogConfig, ...config })
}

async function reopen(config?: Partial<LogConfig>): Promise<void> {
  await manager.close()
  await open(config)
}

interface Write {
  readonly epoch?: number
  readonly sequence?: number
  readonly transactional?: boolean
  /** The coordinator lets it begin a transaction. */
  readonly admitted?: boolean
}

function write(
  producerId: number,
  value: string,
  { transactional = true, admitted = true, ...rest }: Write = {},
): ErrorCode {
  const attributes = transactional ? TRANSACTIONAL : 0
  const result = log.append(testBatch({ values: [value], producerId, attributes, ...rest }), admitted)
  return result.ok ? NONE : result.errorCode
}

function end(producerId: number, commit: boolean, epoch = 0, isBumped = false, coordinatorEpoch = 0): ErrorCode {
  const result = log.appendMarker({ producerId, epoch, commit, coordinatorEpoch }, isBumped)
  return result.ok ? NONE : result.errorCode
}

const settle = () => log.durable(log.logEndOffset)
const offsets = () => [log.lastStableOffset, log.highWatermark]
const committed = () => valuesIn(log, 'READ_COMMITTED')

async function abortedFrom(offset: number, maxBytes = 1_000_000) {
  const result = await log.read(offset, maxBytes, 'READ_COMMITTED')
  if (!result.ok) throw new Error(result.message)
  return result.abortedTransactions!.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}

beforeEach(async () => {
  fs = new MemoryFileSystem()
  now = 1_000_000
  await open()
})

describe('the last stable offset', () => {
  test('is the first offset of the oldest open transaction', async () => {
    write(1, 'a')
    write(2, 'b')
    await settle()
    expect(offsets()).toEqual([0, 2])
    end(1, true)
    await settle()
    expect(offsets()).toEqual([1, 3])
    end(2, false)
    await settle()
    expect(offsets()).toEqual([4, 4])
    expect(await committed()).toEqual(['a'])
  })

  test('does not move before the marker can be read', async () => {
    write(1, 'a')
    await settle()
    let woken = 0
    log.onChange(() => woken++)
    end(1, true)
    expect(offsets()).toEqual([0, 1])
    await log.written(2)
    expect(offsets()).toEqual([2, 2])
    expect(woken).toBe(1)
  })

  test('is not below the log start', async () => {
    write(1, 'a')
    write(1, 'b', { sequence: 1 })
    await settle()
    await log.deleteRecordsBefore(1)
    expect(log.lastStableOffset).toBe(1)
  })

  test('returns to where it was when the disk does not take the marker', async () => {
    write(1, 'a')
    await settle()
    fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
    end(1, false)
    write(2, 'b')
    await expect(settle()).rejects.toThrow('ENOSPC')
    fs.fail = () => undefined
    expect(offsets()).toEqual([0, 1])
    expect([log.hasOpenTransaction(1), log.hasOpenTransaction(2)]).toEqual([true, false])
    end(1, true)
    await settle()
    expect(offsets()).toEqual([2, 2])
    expect([await committed(), await abortedFrom(0)]).toEqual([['a'], []])
  })
})

describe('aborted transactions', () => {
  test('are told where they matter, by their first offsets', async () => {
    write(1, 'a0')
    write(2, 'a1')
    end(2, false)
    end(1, false)
    write(3, 'c4')
    end(3, true)
    write(1, 'a6', { sequence: 1 })
    end(1, false)
    await settle()
    const [first, second, third] = [
      { producerId: 1, firstOffset: 0 },
      { producerId: 2, firstOffset: 1 },
      { producerId: 1, firstOffset: 6 },
    ]
    expect(await abortedFrom(0)).toEqual([first, second, third])
    expect(await abortedFrom(0, 1)).toEqual([first])
    expect(await abortedFrom(3)).toEqual([first, third])
    expect(await abortedFrom(4)).toEqual([third])
    expect(await committed()).toEqual(['c4'])
  })

  test.each(['a clean stop', 'a kill', 'a kill after a checkpoint'])('are known after %s', async (how) => {
    for (const producerId of [1, 2, 3, 4]) write(producerId, `p${producerId}`)
    end(1, false)
    end(2, true)
    await settle()
    if (how === 'a kill after a checkpoint') await log.checkpoint()
    end(3, false)
    await settle()
    if (how === 'a clean stop') await reopen()
    else {
      fs.kill()
      await open()
    }
    expect(offsets()).toEqual([3, 7])
    end(4, true)
    await settle()
    expect(await committed()).toEqual(['p2', 'p4'])
  })

  test('are found again in the log when their file is gone or damaged', async () => {
    write(1, 'a')
    end(1, false)
    write(2, 'b')
    await settle()
    for (const damage of [
      () => fs.remove('/data/logs/t-0/aborted'),
      () => Promise.resolve(fs.open('/data/logs/t-0/aborted').truncate(10)),
    ]) {
      await manager.close()
      await damage()
      await open()
      expect([offsets(), await abortedFrom(0)]).toEqual([[2, 3], [{ producerId: 1, firstOffset: 0 }]])
    }
  })

  test('are forgotten with the records they concern', async () => {
    write(1, 'a')
    end(1, false)
    write(1, 'b', { sequence: 1 })
    end(1, false)
    await settle()
    await log.deleteRecordsBefore(2)
    expect(await abortedFrom(2)).toEqual([{ producerId: 1, firstOffset: 2 }])
    await reopen()
    expect(await abortedFrom(2)).toEqual([{ producerId: 1, firstOffset: 2 }])
  })
})

describe('a transactional batch', () => {
  test('begins a transaction with an admission only, and needs none after that', async () => {
    expect(write(1, 'a', { admitted: false })).toBe(INVALID_TXN_STATE)
    expect(write(1, 'a')).toBe(NONE)
    expect(write(1, 'b', { sequence: 1, admitted: false })).toBe(NONE)
    end(1, true)
    expect(write(1, 'c', { sequence: 2, admitted: false })).toBe(INVALID_TXN_STATE)
  })

  test('of an older epoch is refused as such, admitted or not', () => {
    write(1, 'a', { epoch: 1 })
    expect(write(1, 'b', { epoch: 0, sequence: 1 })).toBe(INVALID_PRODUCER_EPOCH)
    end(1, true, 2)
    expect(write(1, 'b', { epoch: 1, sequence: 1, admitted: false })).toBe(INVALID_PRODUCER_EPOCH)
  })

  test('of a producer that nobody remembers starts anywhere, unless each of its transactions starts at 0', () => {
    const ask = (sequence: number, adds: boolean) =>
      log.continuesTransaction(
        testBatch({ values: ['a'], producerId: 1, sequence, attributes: TRANSACTIONAL }),
        adds,
        true,
      )
    expect(ask(5, true)).toBe(false)
    expect(write(1, 'a', { sequence: 5 })).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(write(2, 'a', { sequence: 5 })).toBe(NONE)
  })

  test('leaves nothing behind when the coordinator does not know its producer', () => {
    const batch = testBatch({ values: ['a'], producerId: 1, sequence: 5, attributes: TRANSACTIONAL })
    expect(log.continuesTransaction(batch, true, false)).toBe(false)
    expect(write(1, 'a', { sequence: 7 })).toBe(NONE)
  })

  test('waits for the one before it that has to be sent again', () => {
    const asked = (sequence: number, epoch = 0) =>
      log.continuesTransaction(
        testBatch({ values: ['a'], producerId: 1, epoch, sequence, attributes: 16 }),
        false,
        true,
      )
    expect([asked(3), asked(4)]).toEqual([false, false])
    expect(write(1, 'second', { sequence: 4 })).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(write(1, 'first', { sequence: 3 })).toBe(NONE)
    expect(asked(4)).toBe(true)
    expect(write(1, 'second', { sequence: 4 })).toBe(NONE)
    end(1, true, 1)
    expect(asked(5)).toMatchObject({ errorCode: INVALID_PRODUCER_EPOCH })
  })

  test('is not mixed with others of the same producer', () => {
    write(1, 'a')
    expect(write(1, 'b', { sequence: 1, transactional: false })).toBe(INVALID_TXN_STATE)
    end(1, true)
    expect(write(1, 'b', { sequence: 1, transactional: false })).toBe(NONE)
  })

  test('that is sent again is answered as before, even when its transaction has ended', async () => {
    write(1, 'a')
    end(1, true)
    const again = log.append(testBatch({ values: ['a'], producerId: 1, attributes: TRANSACTIONAL }))
    expect(again).toMatchObject({ ok: true, duplicate: true, baseOffset: 0 })
  })
})

describe('a marker', () => {
  test('of the same epoch lets the sequence go on, of another one lets it start over', () => {
    write(1, 'a')
    end(1, true)
    expect(write(1, 'b', { sequence: 1 })).toBe(NONE)
    end(1, true, 1)
    expect(write(1, 'c', { epoch: 1, sequence: 2 })).toBe(OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(write(1, 'c', { epoch: 1, sequence: 0 })).toBe(NONE)
  })

  test('of an older epoch or coordinator is refused', () => {
    write(1, 'a', { epoch: 1 })
    expect(end(1, true, 0)).toBe(INVALID_PRODUCER_EPOCH)
    expect(end(1, true, 1, false, 5)).toBe(NONE)
    expect(end(1, true, 1, false, 4)).toBe(ErrorCode.TRANSACTION_COORDINATOR_FENCED)
  })

  test('that must be of a newer epoch is not believed when it is not, unless it is the same one again', () => {
    write(1, 'a')
    expect(end(1, true, 0, true)).toBe(INVALID_PRODUCER_EPOCH)
    expect(end(1, true, 1, true)).toBe(NONE)
    expect(end(1, true, 1, true)).toBe(NONE)
    write(1, 'b', { epoch: 1 })
    expect(end(1, true, 1, true)).toBe(INVALID_PRODUCER_EPOCH)
  })
})

test('a producer with a transaction open is remembered however long it is silent', async () => {
  write(1, 'a')
  write(2, 'b', { transactional: false })
  await settle()
  now += defaultLogConfig.producerIdExpirationMs
  await manager.maintain()
  expect([...log.producers()].map(([producerId]) => producerId)).toEqual([1])
})
