/** One change that the device may not have yet. */
interface UnsyncedWrite {
  readonly position: number
  /** Undefined for a truncation to `position`. */
  readonly bytes: Buffer | undefined
}

/** A file's two contents: what the process sees and what the device is certain to hold. */
export class MemoryFile {
  private live = new GrowingBytes()
  private durable = new GrowingBytes()
  private unsynced: UnsyncedWrite[] = []

  get size(): number {
    return this.live.size
  }

  read(buffer: Buffer, position: number): number {
    return this.live.read(buffer, position)
  }

  write(bytes: Buffer, position: number): void {
    this.change({ position, bytes: Buffer.from(bytes) })
  }

  truncate(size: number): void {
    this.change({ position: size, bytes: undefined })
  }

  /** The writes that a sync begun now covers. */
  startSync(): readonly UnsyncedWrite[] {
    return [...this.unsynced]
  }

  finishSync(writes: readonly UnsyncedWrite[]): void {
    for (const write of writes) this.durable.apply(write)
    this.forget(writes)
  }

  /** The device lost these for good, though the process still sees them. */
  forget(writes: readonly UnsyncedWrite[]): void {
    const done = new Set(writes)
    this.unsynced = this.unsynced.filter((write) => !done.has(write))
  }

  /** Power cut: each unsynced write survives wholly, as a prefix, as zeros, or not at all. */
  crash(random: () => number): void {
    for (const write of this.unsynced.splice(0)) {
      const fate = random()
      if (fate < 0.4 || (write.bytes === undefined && fate < 0.5)) this.durable.apply(write)
      else if (write.bytes !== undefined && fate < 0.6) {
        this.durable.apply({ ...write, bytes: write.bytes.subarray(0, Math.floor(random() * write.bytes.length)) })
      } else if (write.bytes !== undefined && fate < 0.75) {
        this.durable.apply({ ...write, bytes: Buffer.alloc(write.bytes.length) })
      }
    }
    this.live = this.durable.copy()
  }

  /** Damages both contents, as a bad sector would. */
  damage(alter: (bytes: Buffer) => Buffer): void {
    const altered = alter(this.live.copy().bytes())
    for (const content of [this.live, this.durable]) {
      content.apply({ position: 0, bytes: undefined })
      content.apply({ position: 0, bytes: altered })
    }
    this.unsynced = []
  }

  private change(write: UnsyncedWrite): void {
    this.live.apply(write)
    this.unsynced.push(write)
  }
}

class GrowingBytes {
  size = 0
  private buffer = Buffer.alloc(0)

  apply({ position, bytes }: UnsyncedWrite): void {
    if (bytes === undefined) {
      if (position < this.size) this.buffer.fill(0, position, this.size)
      this.reserve(position)
      this.size = position
      return
    }
    this.reserve(position + bytes.length)
    bytes.copy(this.buffer, position)
    this.size = Math.max(this.size, position + bytes.length)
  }

  read(target: Buffer, position: number): number {
    return position >= this.size ? 0 : this.buffer.copy(target, 0, position, this.size)
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.size)
  }

  copy(): GrowingBytes {
    const copy = new GrowingBytes()
    copy.buffer = Buffer.from(this.bytes())
    copy.size = this.size
    return copy
  }

  private reserve(size: number): void {
    if (size <= this.buffer.length) return
    const larger = Buffer.alloc(Math.max(size, this.buffer.length * 2))
    this.buffer.copy(larger)
    this.buffer = larger
  }
}
