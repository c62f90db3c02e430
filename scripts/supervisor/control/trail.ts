import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { type AuditEntry, BEGINNING, breakIn, chain, type Deed } from '../../../libs/audit/entry.ts'

/** What a request was answered, kept in the line that tells what it did: there is never the one without the other. */
export interface Answered {
  readonly key: string
  readonly fingerprint: string
  readonly answer: object
}

/** An entry as the gateway's audit trail shows it. */
export type ShownEntry = Omit<AuditEntry, 'seq' | 'at' | 'reason' | 'detail'> & {
  readonly seq: number
  readonly at: string
  readonly reason?: string
  readonly detail?: string
}

type Line = ShownEntry & { readonly request?: Answered }

export interface TrailFilter {
  readonly actor?: string | undefined
  /** The thing itself, or what its name begins with. */
  readonly target?: string | undefined
  /** Instants in UTC as ISO 8601 has them, both inclusive. */
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** A trail is held in memory; one that has grown to this is to be put away by its owner. Entries. */
const MOST_ENTRIES = 10_000

/**
 * What was done to processes, one line each in a file of the data folder, chained as every service's audit trail is
 * (`libs/audit`). It is no service's table, for those are what is killed and paused here. A line is on the disk before
 * what it tells is done; one that a crash cut off tells of nothing that was done, and is taken away.
 */
export class Trail {
  readonly #lines: Line[]
  readonly #answered = new Map<string, Answered>()
  readonly #file: number

  constructor(
    readonly path: string,
    private readonly most = MOST_ENTRIES,
  ) {
    this.#lines = readLines(path)
    for (const { request } of this.#lines) if (request !== undefined) this.#answered.set(request.key, request)
    this.#file = openSync(path, 'a', 0o600)
  }

  get isFull(): boolean {
    return this.#lines.length >= this.most
  }

  answered(key: string): Answered | undefined {
    return this.#answered.get(key)
  }

  /** On the disk when it returns. @throws when it cannot be written: then nothing may be done either. */
  record(deed: Deed, request?: Answered): void {
    const last = this.#lines.at(-1)
    const head = last === undefined ? BEGINNING : { seq: BigInt(last.seq), hash: last.hash }
    const [entry] = chain(head, [deed], new Date())
    const line: Line = { ...shown(entry!), ...(request && { request }) }
    this.#append(`${JSON.stringify(line)}\n`)
    this.#lines.push(line)
    if (request !== undefined) this.#answered.set(request.key, request)
  }

  #append(text: string): void {
    const { size } = fstatSync(this.#file)
    try {
      writeSync(this.#file, text)
      fsyncSync(this.#file)
    } catch (error) {
      // A full disk may have taken a part of it.
      ftruncateSync(this.#file, size)
      throw error
    }
  }

  /** One page, the youngest entry first, before the one numbered `before`. */
  list({ actor, target, from, to }: TrailFilter, before: number, limit: number): ShownEntry[] {
    return this.#lines
      .filter(
        (line) =>
          line.seq < before &&
          (actor === undefined || line.actor === actor) &&
          (target === undefined || line.target.startsWith(target)) &&
          (from === undefined || line.at >= from) &&
          (to === undefined || line.at <= to),
      )
      .slice(-limit)
      .toReversed()
      .map(({ request: _, ...entry }) => entry)
  }

  /** Whether what lies in the file is what was written; that lines were cut off at its end cannot be seen. */
  verify() {
    const broken = breakIn(BEGINNING, readLines(this.path).map(entryOf))
    return broken === undefined
      ? { holds: true as const, entries: this.#lines.length }
      : { holds: false as const, ...broken }
  }

  close(): void {
    closeSync(this.#file)
  }
}

const readLines = (path: string): Line[] => {
  if (!existsSync(path)) return []
  const content = readFileSync(path)
  const end = content.lastIndexOf('\n') + 1
  if (end < content.length) truncateSync(path, end)
  return content
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

const shown = ({ seq, at, reason, detail, ...entry }: AuditEntry): ShownEntry => ({
  ...entry,
  seq: Number(seq),
  at: at.toISOString(),
  ...(reason === null ? {} : { reason }),
  ...(detail === null ? {} : { detail }),
})

const entryOf = ({ seq, at, reason, detail, request: _, ...entry }: Line): AuditEntry => ({
  ...entry,
  seq: BigInt(seq),
  at: new Date(at),
  reason: reason ?? null,
  detail: detail ?? null,
})
