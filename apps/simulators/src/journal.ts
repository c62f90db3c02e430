import { constants } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '#libs/observability'

const log = createLogger('journal')
const NEWLINE = 0x0a
const REPLAY_CHUNK = 1024 * 1024
const READ_CHUNK = 2048
/** Between the beginnings of two writes, milliseconds: at rest nobody waits for it, under load more share a write. */
const WRITES_APART = 10

/** On Linux a write comes back when it is on disk, which spares the call that waits for the disk. */
const DURABLE_WRITES = process.platform === 'linux'
const { O_RDWR, O_CREAT, O_APPEND, O_DSYNC } = constants
const FLAGS = O_RDWR | O_CREAT | O_APPEND | (DURABLE_WRITES ? O_DSYNC : 0)

interface Pending {
  readonly position: number
  resolve(position: number): void
  reject(error: unknown): void
}

/**
 * An append-only file of JSON lines, the memory of one simulator. An entry's position is the byte its line begins at;
 * indexes in memory hold positions and `read` fetches the entry, so that a large ledger costs little memory.
 *
 * Group commit: whatever is appended while one write is on its way to the disk, or soon after it, shares the next one,
 * so durability costs hundreds of concurrent requests one sync. Entries become durable in the order they were appended.
 *
 * After a crash the file may end in a line that was never acknowledged and is torn: cut short, or with zeros where
 * pages did not reach the disk. Neither parses as JSON, so replay keeps everything before it and cuts off the rest.
 */
export class Journal<Entry> {
  #queue: Pending[] = []
  /** The lines of the queue. */
  #text = ''
  #nextWriteAt = 0
  #committing: Promise<void> | undefined
  #failure: Error | undefined

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private end: number,
  ) {}

  /** Hands every entry of the file to `replay`, in order, then is ready for more. */
  static async open<Entry>(path: string, replay: (entry: Entry, position: number) => void): Promise<Journal<Entry>> {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, FLAGS)
    const end = await replayFile(file, replay as (entry: unknown, position: number) => void)
    const { size } = await file.stat()
    if (size > end) {
      log.warn('cut off a torn tail', { path, bytes: size - end })
      await file.truncate(end)
    }
    await syncDirectory(dirname(path))
    return new Journal<Entry>(file, path, end)
  }

  /** Resolves with the entry's position once it is on disk. After a failed write nothing is accepted any more. */
  append(entry: Entry): Promise<number> {
    if (this.#failure) return Promise.reject(this.#failure)
    const line = `${JSON.stringify(entry)}\n`
    const position = this.end
    this.end += Buffer.byteLength(line)
    this.#text += line
    return new Promise((resolve, reject) => {
      this.#queue.push({ position, resolve, reject })
      this.#committing ??= this.#commit()
    })
  }

  async read(position: number): Promise<Entry> {
    const chunks: Buffer[] = []
    for (let at = position; ; at += READ_CHUNK) {
      const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(READ_CHUNK), 0, READ_CHUNK, at)
      const chunk = buffer.subarray(0, bytesRead)
      const newline = chunk.indexOf(NEWLINE)
      chunks.push(newline < 0 ? chunk : chunk.subarray(0, newline))
      if (newline >= 0) return JSON.parse(Buffer.concat(chunks).toString())
      if (bytesRead === 0) throw new Error(`${this.path} has no entry at ${position}`)
    }
  }

  /** Rejects, saying why, when entries can no longer be kept. */
  async check(): Promise<void> {
    if (this.#failure) throw this.#failure
  }

  async close(): Promise<void> {
    await this.#committing
    await this.file.close()
  }

  async #commit(): Promise<void> {
    // Everything of this turn of the event loop joins the first group.
    await nextTurn()
    while (this.#queue.length > 0) {
      const breath = this.#nextWriteAt - performance.now()
      if (breath > 0) await sleep(breath)
      this.#nextWriteAt = performance.now() + WRITES_APART
      const [group, text] = [this.#queue, this.#text]
      this.#queue = []
      this.#text = ''
      try {
        await this.file.appendFile(text)
        if (!DURABLE_WRITES) await this.file.datasync()
        for (const { resolve, position } of group) resolve(position)
      } catch (error) {
        this.#fail(group, error)
      }
    }
    this.#committing = undefined
  }

  /** What is on disk after a failed write or sync is unknown until a restart replays it. */
  #fail(group: readonly Pending[], cause: unknown): void {
    this.#failure = new Error(`cannot write ${this.path}; restart when the disk works again`, { cause })
    log.error('journal stopped', { path: this.path, error: this.#failure })
    for (const { reject } of [...group, ...this.#queue]) reject(this.#failure)
    this.#queue = []
    this.#text = ''
  }
}

/** Returns where the last whole line ends. */
const replayFile = async (file: FileHandle, replay: (entry: unknown, position: number) => void): Promise<number> => {
  const buffer = Buffer.allocUnsafe(REPLAY_CHUNK)
  let rest: Buffer = Buffer.alloc(0)
  let position = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, REPLAY_CHUNK, position + rest.length)
    if (bytesRead === 0) return position
    const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
    let from = 0
    for (let to = data.indexOf(NEWLINE); to >= 0; to = data.indexOf(NEWLINE, from)) {
      const entry = parseLine(data.toString('utf8', from, to))
      if (entry === undefined) return position
      replay(entry, position)
      position += to + 1 - from
      from = to + 1
    }
    rest = data.subarray(from)
  }
}

const parseLine = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** A new file survives a power cut only when its directory does. */
const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path, 'r')
  await directory.sync().finally(() => directory.close())
}
