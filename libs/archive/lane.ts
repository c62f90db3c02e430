import { type ArchivedRecord, hourOf } from './event-file.ts'

export interface LaneLimits {
  readonly maxRecords: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** Of a record beside its value, in memory, about. */
const OVERHEAD = 100

/** The file of one partition that is being gathered, and what was read behind it. */
export class Lane {
  #records: ArchivedRecord[] = []
  #bytes = 0
  #openedAt = 0
  /** The records up to here, in `#records`, are the file; what is behind it belongs to a later hour. */
  #cut: number | undefined

  constructor(
    readonly partition: number,
    /** Where the file begins. */
    public first: number,
    /** Of the next record to read. */
    public next: number,
    private readonly limits: LaneLimits,
  ) {}

  get bytes(): number {
    return this.#bytes
  }

  /** The hour that the file belongs to: in which its first record arrived. */
  get hour(): number {
    return hourOf(this.#records[0]!.timestamp)
  }

  add(records: readonly ArchivedRecord[], next: number): void {
    for (const record of records) {
      if (this.#records.length === 0) this.#openedAt = performance.now()
      // A clock may be a little behind: what arrived in an earlier hour stays where it is in the order of offsets.
      else if (this.#cut === undefined && hourOf(record.timestamp) > this.hour) this.#cut = this.#records.length
      this.#records.push(record)
      this.#bytes += (record.value?.length ?? 0) + OVERHEAD
    }
    this.next = next
  }

  /** Nothing more comes to the file: its hour is over, it is large enough or old enough. */
  get isDue(): boolean {
    const { maxRecords, maxBytes, maxAgeMs } = this.limits
    return (
      this.#records.length > 0 &&
      (this.#cut !== undefined ||
        this.#records.length >= maxRecords ||
        this.#bytes >= maxBytes ||
        performance.now() - this.#openedAt >= maxAgeMs)
    )
  }

  /** The records of the file, and where the one behind it begins. */
  file(): { readonly records: readonly ArchivedRecord[]; readonly end: number } {
    return this.#cut === undefined
      ? { records: this.#records, end: this.next }
      : { records: this.#records.slice(0, this.#cut), end: this.#records[this.#cut]!.offset }
  }

  /** The file is there, and ends here: it is ours, or that of somebody who was faster. */
  goOn(end: number): void {
    const left = this.#records.filter(({ offset }) => offset >= end)
    this.first = end
    this.#records = []
    this.#bytes = 0
    this.#cut = undefined
    const next = Math.max(end, this.next)
    this.add(left, next)
  }
}
