import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Journal } from './journal.ts'
import { temporaryDirectory } from './testing/simulators.ts'

const replayed = async (path: string): Promise<[Journal<unknown>, unknown[], number[]]> => {
  const entries: unknown[] = []
  const positions: number[] = []
  const journal = await Journal.open<unknown>(path, (entry, position) => {
    entries.push(entry)
    positions.push(position)
  })
  return [journal, entries, positions]
}

describe('journal', () => {
  test('replays what concurrent appends wrote, in their order, at the positions they were told', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'new', 'journal.jsonl')
    const [journal] = await replayed(path)
    const written = Array.from({ length: 500 }, (_, n) => ({ n, text: 'ü\n'.repeat(n) }))
    const told = await Promise.all(written.map((entry) => journal.append(entry)))
    await journal.close()

    const [again, entries, positions] = await replayed(path)
    expect(entries).toEqual(written)
    expect(positions).toEqual(told)
    for (const n of [0, 1, 250, 499]) expect(await again.read(told[n]!)).toEqual(written[n])
    await again.close()
  })

  test('wherever a crash cuts the last line off, everything before it is kept and appending goes on', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'journal.jsonl')
    const whole = '{"n":1}\n{"n":2}\n'
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 4096 }), async (cut, zeros) => {
        await writeFile(path, whole)
        await appendFile(path, '{"n":3,"x":1}'.slice(0, cut))
        await appendFile(path, Buffer.alloc(zeros))
        if (zeros > 0) await appendFile(path, '}\n{"n":4}\n')
        const [journal, entries] = await replayed(path)
        expect(entries).toEqual([{ n: 1 }, { n: 2 }])
        const position = await journal.append({ n: 5 })
        await journal.close()
        expect(position).toBe(whole.length)
        expect(await readFile(path, 'utf8')).toBe(`${whole}{"n":5}\n`)
      }),
      { numRuns: 50 },
    )
  })

  test('accepts nothing after a write that failed', async () => {
    await using directory = await temporaryDirectory()
    const [journal] = await replayed(join(directory.path, 'journal.jsonl'))
    await journal.append({ n: 1 })
    await journal.close()
    await expect(journal.append({ n: 2 })).rejects.toThrow('cannot write')
    await expect(journal.check()).rejects.toThrow('cannot write')
  })

  test('says so when there is no entry at a position', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'journal.jsonl')
    const [journal] = await replayed(path)
    await journal.append({ n: 1 })
    await truncate(path, 3)
    await expect(journal.read(0)).rejects.toThrow('no entry at 0')
    await journal.close()
  })
})
