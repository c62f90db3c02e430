import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { topics } from '#libs/contracts'
import type { TopicPosition } from '#libs/messaging'

/** Base offset and length of a batch, which are in front of everything else in it. */
const HEAD = 12
const NAME_DIGITS = 20

/**
 * Ends the topics that services publish to at these positions, in the files of a broker that has stopped cleanly: what lies
 * behind them was said by transactions that no database knows any more, and would be heard beside what is said in
 * their place. A partition that is not named was made later, and nothing of it stays. Compacted topics are tables, of which
 * the newest row counts, and those of visitors tell of the world outside: both stay.
 */
export const cutTopics = (folder: string, ends: readonly TopicPosition[]): void => {
  const endOf = new Map(ends.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
  for (const name of readdirSync(join(folder, 'logs')))
    if (isCut(name.replace(/-\d+$/, ''))) cutLog(join(folder, 'logs', name), endOf.get(name) ?? 0)
  // As after a crash: clients are to notice that logs may be shorter than they remember.
  rmSync(join(folder, 'clean-shutdown'), { force: true })
}

const isCut = (topic: string): boolean =>
  Object.hasOwn(topics, topic) && !('compacted' in topics[topic as keyof typeof topics])

const cutLog = (folder: string, end: number): void => {
  const bases = readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => Number(name.slice(0, -'.log'.length)))
    .toSorted((a, b) => a - b)
  const behind = bases.filter((base) => base >= end)
  const last = bases.findLast((base) => base < end)
  const cut = last !== undefined && cutSegment(join(folder, `${nameOf(last)}.log`), end)
  if (!cut && behind.length === 0) return
  for (const base of behind)
    for (const kind of ['log', 'index']) rmSync(join(folder, `${nameOf(base)}.${kind}`), { force: true })
  if (last === undefined) writeFileSync(join(folder, `${nameOf(end)}.log`), '', { mode: 0o600, flush: true })
  else rmSync(join(folder, `${nameOf(last)}.index`), { force: true })
  // What they say is found again by reading the log.
  for (const name of ['checkpoint', 'aborted']) rmSync(join(folder, name), { force: true })
}

/** True when something of it lay behind the end, which is never in the middle of a batch. */
const cutSegment = (path: string, end: number): boolean => {
  const file = openSync(path, 'r+')
  try {
    const head = Buffer.alloc(HEAD)
    for (let position = 0; readSync(file, head, 0, HEAD, position) === HEAD; position += HEAD + head.readInt32BE(8)) {
      if (Number(head.readBigInt64BE(0)) < end) continue
      ftruncateSync(file, position)
      fsyncSync(file)
      return true
    }
    return false
  } finally {
    closeSync(file)
  }
}

const nameOf = (base: number): string => String(base).padStart(NAME_DIGITS, '0')
