import { createReadStream, existsSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createLogger } from '#libs/observability'
import { rowOf, type Store } from './store.ts'

const log = createLogger('store')

/**
 * Earlier versions kept each simulator's entries in a journal, a file of JSON lines. What is in such a file, and was not
 * taken over before, is handed to `restore` in order; then the file goes. A last line that a crash tore is left out.
 */
export const importJournal = async <Entry>(store: Store, path: string, restore: (entry: Entry) => void) => {
  if (!existsSync(path)) return
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  const count = await store.exclusively(async () => {
    const taken = rowOf<{ bytes: number }>(store.prepare('SELECT bytes FROM imports WHERE file = ?'), file)?.bytes ?? 0
    let bytes = taken
    let entries = 0
    const input = createReadStream(path, { start: taken })
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const entry = parseLine<Entry>(line)
      if (entry === undefined) break
      restore(entry)
      entries++
      bytes += Buffer.byteLength(line) + 1
    }
    input.destroy()
    store.prepare('INSERT INTO imports VALUES (?, ?) ON CONFLICT DO UPDATE SET bytes = excluded.bytes').run(file, bytes)
    return entries
  })
  rmSync(path)
  store.prepare('DELETE FROM imports WHERE file = ?').run(file)
  log.info('took over a journal', { file, count })
}

const parseLine = <Entry>(line: string): Entry | undefined => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
