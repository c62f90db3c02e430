/** A table as a compacted topic tells it: the newest value of each key, none behind a tombstone. Kafka Streams: a global table. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>()

  /** @throws RangeError beyond `limit` rows: it is held whole. */
  constructor(private readonly limit: number) {}

  get size(): number {
    return this.#rows.size
  }

  /** Undefined is a tombstone. */
  put(key: string, row: Row | undefined): void {
    if (row === undefined) this.#rows.delete(key)
    else this.#rows.set(key, row)
    if (this.#rows.size > this.limit) throw new RangeError(`a table of more than ${this.limit} rows`)
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  /** A left join: what the table knows about each, by a key of it. */
  join<In, Out>(
    records: readonly In[],
    keyOf: (record: In) => string,
    merge: (record: In, row: Row | undefined) => Out,
  ): Out[] {
    return records.map((record) => merge(record, this.#rows.get(keyOf(record))))
  }
}
