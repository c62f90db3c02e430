import { randomUUID } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '#libs/logging'
import type { Span } from './span.ts'

/** Whoever has not touched a file for so long is gone, or will find that it is; milliseconds. */
const SILENT_MS = 3_000
/** A file of so many is not written anew for those of them that were sent. */
const FEW = 1_000

/**
 * Spans that were not sent yet, one a line, in files of this process's own. What is written outlives a process that is
 * killed (not a machine that is: nothing is synced), and a process of the same service that finds it adopts it.
 * A disk that fails costs the spans of a process that is killed, nothing else.
 */
export class SpanJournal {
  readonly #log = createLogger('tracing')
  #file: { readonly path: string; readonly descriptor: number; spans: number } | undefined
  /** Files of others that are ours now. */
  #adopted: string[] = []
  #isBroken = false
  /** Lines of this turn of the event loop, which one write takes to the disk at its end. */
  #lines: string[] = []

  constructor(
    private readonly folder: string,
    private readonly service: string,
  ) {
    this.#try(() => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  }

  /** Whether most of what is in it was sent, so many being left. */
  isStale(left: number): boolean {
    return (this.#file?.spans ?? 0) > FEW + 2 * left
  }

  /** On disk before this turn of the event loop is over. */
  append(span: Span): void {
    if (this.#lines.push(`${JSON.stringify(span)}\n`) === 1) queueMicrotask(() => this.#write())
  }

  #write(): void {
    const lines = this.#lines
    this.#lines = []
    if (lines.length === 0) return
    this.#try(() => {
      if (this.#file === undefined) {
        const path = this.#newPath()
        this.#file = { path, descriptor: openSync(path, 'ax', 0o600), spans: 0 }
      }
      writeSync(this.#file.descriptor, lines.join(''))
      this.#file.spans += lines.length
    })
  }

  /** Nothing of what is in it is still to be sent. */
  clear(): void {
    if (this.#file !== undefined) closeSync(this.#file.descriptor)
    const paths = [...this.#adopted, ...(this.#file === undefined ? [] : [this.#file.path])]
    this.#file = undefined
    this.#adopted = []
    this.#lines = []
    // One that is not there was adopted by somebody who took us for dead.
    for (const path of paths) this.#try(() => unlinkSync(path), 'ENOENT')
  }

  /** Nothing but these is still to be sent. */
  rewrite(spans: Iterable<Span>): void {
    const [old, adopted] = [this.#file, this.#adopted]
    this.#file = undefined
    this.#adopted = []
    this.#lines = []
    for (const span of spans) this.append(span)
    this.#write()
    if (old !== undefined) closeSync(old.descriptor)
    for (const path of [...adopted, ...(old === undefined ? [] : [old.path])])
      this.#try(() => unlinkSync(path), 'ENOENT')
  }

  /** Says that this process lives, to whoever might adopt what it has. */
  touch(): void {
    const now = new Date()
    for (const path of [...this.#adopted, ...(this.#file === undefined ? [] : [this.#file.path])])
      this.#try(() => utimesSync(path, now, now), 'ENOENT')
  }

  /** What processes of this service have left behind. It stays in its files until `clear`. */
  adopt(): Span[] {
    const left: Span[] = []
    this.#try(() => {
      for (const name of readdirSync(this.folder)) {
        const path = join(this.folder, name)
        const isOurs = path === this.#file?.path || this.#adopted.includes(path)
        if (!isOurs && name.startsWith(`${this.service}.`)) left.push(...this.#adoptFile(path))
      }
    })
    return left
  }

  #adoptFile(path: string): Span[] {
    const claimed = this.#newPath()
    try {
      if (statSync(path).mtimeMs > Date.now() - SILENT_MS) return []
      // Whoever renames it has it; for all others it is not there any more.
      renameSync(path, claimed)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
    this.#adopted.push(claimed)
    this.touch()
    // By id: of a span that was told of twice the last word holds.
    const spans = new Map<string, Span>()
    for (const line of readFileSync(claimed, 'utf8').split('\n')) {
      const span = spanIn(line)
      if (span !== undefined) spans.set(span.traceparent, span)
    }
    return [...spans.values()]
  }

  #newPath(): string {
    return join(this.folder, `${this.service}.${randomUUID()}`)
  }

  #try(work: () => void, expected?: string): void {
    try {
      work()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === expected) return
      if (!this.#isBroken) this.#log.warn('spans are not kept on disk', { error, folder: this.folder })
      this.#isBroken = true
    }
  }
}

/** The last line of a process that was killed may be half of one. */
const spanIn = (line: string): Span | undefined => {
  try {
    const span = JSON.parse(line) as Partial<Span> | null
    return typeof span?.traceparent === 'string' ? (span as Span) : undefined
  } catch {
    return undefined
  }
}
