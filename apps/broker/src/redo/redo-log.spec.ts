import { beforeEach, describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import type { RedoSource } from './redo-file.ts'
import { RedoLog } from './redo-log.ts'
import { redo } from './redo-recovery.ts'

const SIZE = 600

let fs: MemoryFileSystem
let log: RedoLog
let reports: string[]

beforeEach(async () => {
  fs = new MemoryFileSystem()
  fs.mkdir('/data')
  reports = []
  log = new RedoLog(fs, '/data', (reason) => reports.push(reason), SIZE)
  await log.prepare()
  for (const name of ['a', 'b']) await durable(name, 'old')
})

/** A file with this content, which is on the device. */
async function durable(name: string, content: string): Promise<void> {
  const file = fs.open(`/data/${name}`)
  file.truncate(0)
  file.writeSync([Buffer.from(content)], 0)
  await file.sync()
  await fs.syncDirectory('/data')
}

const settled: RedoSource = { settle: async () => {} }
const release = () => {}
const note = (path: string, position: number, text: string, source = settled) =>
  log.append([{ path, position, bytes: [Buffer.from(text)], source, release }])

const contentOf = (name: string): string => {
  const bytes = Buffer.alloc(fs.size(`/data/${name}`) ?? 0)
  fs.open(`/data/${name}`).readSync(bytes, 0)
  return bytes.toString()
}

/** A power cut that takes everything that was not synced. */
async function crash(): Promise<void> {
  fs.crash(() => 0.99)
  await redo(fs, '/data')
}

describe('after a power cut', () => {
  test('what was noted is in the files, and nothing is left to be done again', async () => {
    await log.append([
      { path: 'a', position: 3, bytes: [Buffer.from(' and '), Buffer.from('new')], source: settled, release },
      { path: 'b', position: 3, bytes: [Buffer.from('er')], source: settled, release },
    ])
    await note('b', 5, ' still')
    await crash()
    expect([contentOf('a'), contentOf('b')]).toEqual(['old and new', 'older still'])
    expect(fs.readdir('/data').sort()).toEqual(['a', 'b'])
  })

  test('a file that is gone does not come back', async () => {
    await note('a', 3, ' news')
    await fs.remove('/data/a')
    await fs.syncDirectory('/data')
    await crash()
    expect(fs.size('/data/a')).toBeUndefined()
  })

  test('another file of that name is left alone, and what was noted of it stands', async () => {
    await note('a', 3, ' news')
    await log.forget('a')
    await durable('a', 'another')
    await note('a', 7, ' one')
    await crash()
    expect(contentOf('a')).toBe('another one')
  })

  test('so it is when the note was of the half that is not in use any more', async () => {
    await note('a', 3, 'x'.repeat(200))
    // The other half is begun, and what the first speaks of is synced by then.
    await note('b', 3, 'y'.repeat(300))
    await log.forget('a')
    await durable('a', 'another')
    await crash()
    expect(contentOf('a')).toBe('another')
    expect(contentOf('b')).toBe(`old${'y'.repeat(300)}`)
  })

  test('notes of an earlier use of a half count no more', async () => {
    await note('a', 3, ' first')
    await note('a', 9, 'x'.repeat(200))
    await note('b', 3, 'y'.repeat(300))
    await note('b', 3, 'z'.repeat(300))
    await durable('a', 'cleared')
    await crash()
    expect(contentOf('a')).toBe('cleared')
  })

  test('nor does what is left of it behind the notes of a later one', async () => {
    await note('a', 3, ' first')
    await note('a', 9, 'x'.repeat(200))
    await note('b', 3, 'y'.repeat(450))
    // Of the same length as the first one, which it is written over.
    await note('a', 3, ' other')
    await durable('a', 'cleared')
    await crash()
    expect(contentOf('a')).toBe('cle other')
  })
})

test('a half is not used again before all that it speaks of is synced', async () => {
  let finish = () => {}
  const slow: RedoSource = { settle: () => new Promise((resolve) => (finish = resolve)) }
  expect(await note('a', 3, 'x'.repeat(300), slow)).toBe(true)
  expect(await note('b', 3, 'y'.repeat(300))).toBe(true)
  expect(await note('b', 3, 'z'.repeat(300))).toBe(false)
  finish()
  await new Promise(setImmediate)
  expect(await note('b', 3, 'z'.repeat(300))).toBe(true)
})

test('after a failure it goes away by itself, when what it speaks of is synced', async () => {
  let synced = 0
  const source: RedoSource = { settle: async () => void synced++ }
  await note('a', 3, 'x', source)
  fs.fail = (operation, path) => (operation === 'sync' && path.includes('redo') ? 'EIO' : undefined)
  await expect(note('b', 3, 'y', source)).rejects.toThrow('EIO')
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  expect([synced, reports.length, log.ready]).toEqual([1, 1, false])
  expect(await note('b', 3, 'y')).toBe(false)
  expect(fs.readdir('/data').sort()).toEqual(['a', 'b'])
})

describe('what could not be declared void', () => {
  const another = 'another, of the same name'

  test('is gone with the redo log before the name may be used again', async () => {
    await note('a', 3, ' news')
    fs.fail = (operation, path) => (operation === 'sync' && path.includes('redo') ? 'EIO' : undefined)
    await log.forget('a')
    fs.fail = () => undefined
    await durable('a', another)
    await crash()
    expect([contentOf('a'), contentOf('b')]).toEqual([another, 'old'])
  })

  test('keeps the name from being used again as long as the disk refuses', async () => {
    let isBroken = true
    const settle = async () => {
      if (isBroken) throw new Error('EIO')
    }
    await note('a', 3, ' news', { settle })
    fs.fail = (operation, path) => (operation === 'sync' && path.includes('redo') ? 'EIO' : undefined)
    await expect(log.forget('a')).rejects.toThrow('EIO')
    await expect(log.forget('a')).rejects.toThrow('EIO')
    isBroken = false
    await log.forget('a')
    await durable('a', another)
    await crash()
    expect(contentOf('a')).toBe(another)
  })
})

test('without room on the disk there is none', async () => {
  const full = new RedoLog(fs, '/data', (reason) => reports.push(reason), SIZE)
  fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
  await full.prepare()
  expect([reports.length, full.ready]).toEqual([1, false])
  expect(fs.readdir('/data').sort()).toEqual(['a', 'b'])
})
