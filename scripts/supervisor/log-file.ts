import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs'

/** Past this many bytes a log moves to `<name>.1`, over the one that was there. */
const CAP = 16 * 1024 * 1024
/** A disk that is slower than a process talks: lines beyond this many bytes are counted instead of kept. */
const BACKLOG = 1024 * 1024
/** After a write that failed, milliseconds. */
const RETRY_AFTER = 1_000

/**
 * A log of bounded size: at most the current file and the one before it. A log that cannot be written (a full disk) must
 * not take the system down with it: lines are counted until one can be written, before which the count stands.
 */
export class LogFile {
  #stream: WriteStream | undefined
  #size: number
  #lost = 0
  #retryAt = 0

  /** @param failed is told of the first failure of a row. */
  constructor(
    private readonly path: string,
    private readonly failed: (error: Error) => void = () => undefined,
  ) {
    this.#size = existsSync(path) ? statSync(path).size : 0
    this.#stream = this.#open()
  }

  write(line: string): void {
    if (this.#stream === undefined && Date.now() >= this.#retryAt) this.#stream = this.#open()
    if (this.#stream === undefined || this.#stream.writableLength > BACKLOG) {
      this.#lost++
      return
    }
    if (this.#lost > 0) {
      const lost = this.#lost
      this.#lost = 0
      // The write that failed may have left a part of a line.
      this.#append(this.#stream, `\n… ${lost} lines could not be written`, lost)
    }
    this.#append(this.#stream, line, 1)
    if (this.#size > CAP) this.#rotate(this.#stream)
  }

  close(): Promise<void> {
    const stream = this.#stream
    if (stream === undefined || stream.closed) return Promise.resolve()
    return new Promise((resolve) => stream.once('close', resolve).end())
  }

  /** `lines` is how many are lost when this cannot be written. */
  #append(stream: WriteStream, text: string, lines: number): void {
    this.#size += text.length + 1
    stream.write(`${text}\n`, (error) => {
      if (error) this.#lost += lines
    })
  }

  #rotate(stream: WriteStream): void {
    try {
      renameSync(this.path, `${this.path}.1`)
    } catch (error) {
      this.#fail(stream, error as Error)
      return
    }
    stream.end()
    this.#size = 0
    this.#stream = this.#open()
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.path, { flags: 'a', mode: 0o600 })
    return stream.on('error', (error) => this.#fail(stream, error))
  }

  #fail(stream: WriteStream, error: Error): void {
    if (this.#stream !== stream) return
    stream.destroy()
    this.#stream = undefined
    if (Date.now() - this.#retryAt > 2 * RETRY_AFTER) this.failed(error)
    this.#retryAt = Date.now() + RETRY_AFTER
  }
}
