import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryFileSystem } from '../disk/memory-file-system.ts'
import { Journal } from './journal.ts'

let fs: MemoryFileSystem
let journal: Journal
let entries: string[]

async function open(): Promise<void> {
  entries = []
  journal = await Journal.open(fs, '/data/topics.journal', (entry) => entries.push(entry.toString()))
}

const append = (...values: string[]) => journal.append(values.map((value) => Buffer.from(value)))

beforeEach(async () => {
  fs = new MemoryFileSystem()
  fs.mkdir('/data')
  await fs.syncDirectory('/')
  await open()
})

describe('journal', () => {
  it('replays in order what was acknowledged', async () => {
    await append('a', 'b')
    await Promise.all([append('c'), append(''), append('d')])
    fs.crash(() => 0.99)
    await open()
    expect(entries).toEqual(['a', 'b', 'c', '', 'd'])
  })

  it('continues after a restart, also behind a torn end', async () => {
    await append('a')
    void append('torn away').catch(() => {})
    await new Promise(setImmediate)
    fs.crash(() => 0.5)
    await open()
    await append('b')
    fs.crash(() => 0.99)
    await open()
    expect(entries).toEqual(['a', 'b'])
  })

  it('is replaced by a snapshot, with appends going on around it', async () => {
    const state: string[] = []
    const add = (value: string) => {
      state.push(value)
      return append(value)
    }
    const before = add('a')
    const compaction = journal.compact(() => [Buffer.from(`snapshot of ${state.join()}`)])
    const during = add('b')
    await Promise.all([before, compaction, during])
    await add('c')
    expect(journal.compactedSize).toBeLessThan(journal.size)
    fs.crash(() => 0.99)
    await open()
    expect(entries).toEqual(['snapshot of a', 'b', 'c'])
  })

  it('keeps the old content when a compaction fails', async () => {
    await append('a')
    fs.fail = (operation, path) => (operation === 'write' && path.endsWith('.tmp') ? 'ENOSPC' : undefined)
    const waiting = append('b')
    await expect(journal.compact(() => [Buffer.from('snapshot')])).rejects.toMatchObject({ name: 'StorageError' })
    await waiting
    await append('c')
    fs.crash(() => 0.99)
    await open()
    expect(entries).toEqual(['a', 'b', 'c'])
  })

  it('rejects when the disk is full, and from then on, until a compaction has found room for everything', async () => {
    await append('a')
    fs.fail = (operation) => (operation === 'write' ? 'ENOSPC' : undefined)
    await expect(append('b')).rejects.toMatchObject({ name: 'StorageError' })
    fs.fail = () => undefined
    await expect(append('c')).rejects.toMatchObject({ name: 'StorageError' })
    await journal.compact(() => [Buffer.from('everything')])
    await append('d')
    await journal.close()
    await open()
    expect(entries).toEqual(['everything', 'd'])
  })

  it('acknowledges nothing after a failed sync until a compaction has written everything anew', async () => {
    fs.fail = (operation) => (operation === 'sync' ? 'EIO' : undefined)
    await expect(append('a')).rejects.toMatchObject({ name: 'StorageError' })
    fs.fail = () => undefined
    await expect(append('b')).rejects.toMatchObject({ name: 'StorageError' })
    await journal.compact(() => [Buffer.from('everything')])
    await append('c')
    fs.crash(() => 0.99)
    await open()
    expect(entries).toEqual(['everything', 'c'])
  })

  it('loses nothing acknowledged, and no part of a group, in any power cut', async () => {
    const groups = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 4 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(
        groups,
        groups,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        async (acknowledged, cut, chances) => {
          fs = new MemoryFileSystem()
          fs.mkdir('/data')
          await fs.syncDirectory('/')
          await open()
          for (const group of acknowledged) await append(...group)
          for (const group of cut) void append(...group).catch(() => {})
          await new Promise(setImmediate)
          fs.crash(() => chances.next().value as number)
          await open()
          const prefixes = Array.from({ length: cut.length + 1 }, (_, count) =>
            [...acknowledged, ...cut.slice(0, count)].flat(),
          )
          expect(prefixes).toContainEqual(entries)
        },
      ),
    )
  })
})
