import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs'

/** Past this many bytes a log moves to `<name>.1`, over the one that was there. */
const CAP = 16 * 1024 * 1024

/** A log of bounded size: at most the current file and the one before it. */
export class LogFile {
  readonly #path: string
  #stream: WriteStream
  #size: number

  constructor(path: string) {
    this.#path = path
    this.#size = existsSync(path) ? statSync(path).size : 0
    this.#stream = this.#open()
  }

  write(line: string): void {
    this.#size += line.length + 1
    if (this.#size > CAP) this.#rotate()
    this.#stream.write(`${line}\n`)
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve))
  }

  #rotate(): void {
    this.#stream.end()
    renameSync(this.#path, `${this.#path}.1`)
    this.#size = 0
    this.#stream = this.#open()
  }

  #open(): WriteStream {
    // A log that cannot be written (a full disk) must not take the system down with it.
    return createWriteStream(this.#path, { flags: 'a' }).on('error', () => undefined)
  }
}
