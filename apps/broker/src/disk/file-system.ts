/**
 * Everything the broker asks of a disk. Two implementations pass the same contract: `NodeFileSystem` and
 * `MemoryFileSystem`, whose disk forgets what was never synced.
 *
 * Calls that normally end in the page cache are synchronous, because a thread-pool hop costs ten times the call;
 * calls that wait for the device are promises. Every failure is the `NodeJS.ErrnoException` of the system call.
 */
export interface FileSystem {
  /** Creates the directory and its missing parents. */
  mkdir(path: string): void
  /** Names in the directory; empty when there is no such directory. */
  readdir(path: string): string[]
  /** Size in bytes, or undefined when there is no such file. */
  size(path: string): number | undefined
  /** Opens for reading and writing, creating an empty file when there is none. */
  open(path: string): File
  /** Replaces `to` atomically. Durable only after `syncDirectory` of the parent. */
  rename(from: string, to: string): void
  remove(path: string): Promise<void>
  removeDirectory(path: string): Promise<void>
  /** Makes creations, renames and removals in this directory durable. */
  syncDirectory(path: string): Promise<void>
  /**
   * Names the present run of the machine: as long as it stays the same, files have all that any process has written.
   * Undefined where nothing tells.
   */
  bootId(): string | undefined
  /** Takes an exclusive lock that the kernel releases when this process ends; undefined when somebody holds it. */
  lock(path: string): Lock | undefined
}

export interface File {
  /** Fills `buffer` from `position` and returns the bytes read: fewer only at the end of the file. */
  readSync(buffer: Buffer, position: number): number
  read(buffer: Buffer, position: number): Promise<number>
  /** Writes all of it into the page cache, or throws having written any prefix. */
  writeSync(buffers: Buffer[], position: number): void
  write(buffers: Buffer[], position: number): Promise<void>
  truncate(size: number): void
  /**
   * fdatasync: resolves when everything written before the call is on the device. `bytes`, where it is known: how much
   * that is; when it is little and the disk is fast, it may be done before the call returns.
   */
  sync(bytes?: number): Promise<void>
  close(): void
}

export interface Lock {
  release(): void
}
