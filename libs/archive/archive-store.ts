/** Where files of the archive lie: a folder, or a bucket of S3. Names are paths with `/`. */
export interface ArchiveStore {
  /** As it is told to people: a path or an address, without secrets. */
  readonly place: string
  /** Whole or not at all. False, and nothing is changed, when there is a file of that name. */
  create(name: string, bytes: Uint8Array): Promise<boolean>
  /** Rejects when there is none. */
  read(name: string): Promise<Buffer>
  /** The names that begin with `prefix`, in their order. */
  list(prefix: string): Promise<string[]>
  /** Removes what was begun and never finished; answers how many there were. */
  sweep(): Promise<number>
}
