import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canMount, smallFileSystem } from '../../../../test/support/small-file-system.ts'
import { startSimulators, temporaryDirectory } from '../testing/simulators.ts'
import { Housekeeping } from './housekeeping.ts'
import { importJournal } from './import-journal.ts'
import { rowOf, rowsOf, Store } from './store.ts'

const textsIn = (store: Store) =>
  rowsOf<{ text: string }>(store.prepare('SELECT text FROM texts ORDER BY id')).map(({ text }) => text)
const keep = (store: Store, text: string, at = Date.now()) =>
  store.prepare("INSERT INTO texts (at, channel, recipient, text) VALUES (?, 'sms', 'x', ?)").run(at, text)

const mountable = await canMount()

describe('store', () => {
  test('what concurrent writes wrote is there after it was opened again, for its owner only', async () => {
    await using directory = await temporaryDirectory()
    const path = join(directory.path, 'new', 'simulators.db')
    const store = Store.open(path)
    const texts = Array.from({ length: 500 }, (_, n) => `${n}`)
    await Promise.all(texts.map((text) => store.write(() => keep(store, text))))
    const modes = await Promise.all(
      (await readdir(join(path, '..'))).map(async (file) => (await stat(join(path, '..', file))).mode & 0o077),
    )
    expect(new Set(modes)).toEqual(new Set([0]))
    await store.close()
    const again = Store.open(path)
    expect(textsIn(again)).toEqual(texts)
    await again.close()
  })

  test('a write that is refused by its own rules does not touch the others of its group', async () => {
    await using directory = await temporaryDirectory()
    const store = Store.open(join(directory.path, 'simulators.db'))
    const outcomes = await Promise.allSettled([
      store.write(() => keep(store, 'first')),
      store.write(() => {
        throw new Error('refused')
      }),
      store.write(() => keep(store, 'second')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(textsIn(store)).toEqual(['first', 'second'])
    await store.close()
  })

  test('a journal of an earlier version is taken over once, wherever a crash cut its last line off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 200 }), async (cut, zeros) => {
        await using directory = await temporaryDirectory()
        const journal = join(directory.path, 'journal.jsonl')
        const torn = '{"n":3,"x":1}'.slice(0, cut) + '\0'.repeat(zeros)
        await writeFile(journal, `{"n":1}\n{"n":2}\n${torn}`)
        const store = Store.open(join(directory.path, 'simulators.db'))
        const entries: { n: number }[] = []
        const take = () => importJournal<{ n: number }>(store, journal, (entry) => entries.push(entry))
        await take()
        await take()
        expect(entries).toEqual([{ n: 1 }, { n: 2 }])
        expect(await readdir(directory.path)).not.toContain('journal.jsonl')
        await store.close()
      }),
      { numRuns: 20 },
    )
  })

  test('the oldest rows go, by age and by number', async () => {
    await using directory = await temporaryDirectory()
    const store = Store.open(join(directory.path, 'simulators.db'))
    const housekeeping = new Housekeeping(store, { days: 1, rows: 1_000 })
    const old = Date.now() - 2 * 86_400_000
    await store.write(() => {
      for (let n = 0; n < 700; n++) keep(store, `old ${n}`, old)
      for (let n = 0; n < 1_500; n++) keep(store, `${n}`)
    })
    await housekeeping.run()
    await housekeeping.stop()
    expect(rowOf(store.prepare('SELECT count(*) AS count, min(id) AS first FROM texts'))).toEqual({
      count: 1_000,
      first: 1_201,
    })
    await store.close()
  })

  test.skipIf(!mountable)(
    'on a full disk (needs to mount one) writes are refused by name, nothing acknowledged is lost, and it goes on by itself',
    async () => {
      await using disk = (await smallFileSystem(4 * 1024 * 1024))!
      const simulators = await startSimulators(disk.path)
      const send = (key: string) => simulators.post('/sms', key, { to: 'x', text: 'x'.repeat(4_000) })
      await disk.leave(20_000)
      const acknowledged: string[] = []
      for (let n = 0; ; n++) {
        const { status, body } = await send(`k${n}`)
        if (status !== 202) {
          expect([status, body.code]).toEqual([503, 'storage_unavailable'])
          break
        }
        acknowledged.push(`k${n}`)
      }
      expect((await simulators.get('/health/ready')).status).toBe(503)
      expect((await simulators.get('/sms?to=x&limit=1000')).body.items).toHaveLength(acknowledged.length)
      await disk.leave(Number.POSITIVE_INFINITY)
      await expect.poll(async () => (await simulators.get('/health/ready')).status).toBe(200)
      expect((await send('after')).status).toBe(202)
      await simulators.stop()
      await using again = await startSimulators(disk.path)
      expect((await again.get('/sms?to=x&limit=1000')).body.items).toHaveLength(acknowledged.length + 1)
    },
  )
})
