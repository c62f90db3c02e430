import type { BatchWriter, TextRecord } from '#libs/kafka-protocol'

/** Of a record beside its key and value, about: lengths, offset, timestamp. */
const OVERHEAD = 12
const NO_HEADERS = {}
/** No idempotence: a batch that is sent again may be stored twice. */
const NOBODY = { producerId: -1, producerEpoch: -1, baseSequence: -1 }

/** Records of one partition that travel together, and are stored together or not at all. */
export class StreamBatch {
  readonly #records: TextRecord[] = []
  readonly #settled = Promise.withResolvers<void>()
  readonly openedAt = performance.now()
  #bytes = 0
  /** How often it was sent in vain. */
  tries = 0

  constructor(readonly partition: number) {
    // Whoever asks for nothing is not told of failures either; they are counted.
    this.#settled.promise.catch(() => {})
  }

  get count(): number {
    return this.#records.length
  }

  /** Before compression, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** Settles with the batch: what became of every record in it. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  add(key: string, value: string): void {
    this.#records.push({ key, value, headers: NO_HEADERS })
    this.#bytes += key.length + value.length + OVERHEAD
  }

  encode(writer: BatchWriter): Buffer {
    return writer.write(this.#records, 0, Number.MAX_SAFE_INTEGER, { timestamp: Date.now(), ...NOBODY }).bytes
  }

  succeed(): void {
    this.#settled.resolve()
  }

  fail(error: Error): void {
    this.#settled.reject(error)
  }
}
