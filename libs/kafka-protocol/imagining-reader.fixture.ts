import { Reader } from './reader.ts'

const NUMBERS = [0, 0, 1, 1, 2, 3, 5, 100, 30_000, -1]
const STRINGS = ['', 'a', 'ab', 'é', 'x'.repeat(300)]
const MAX_ELEMENTS = 3

/**
 * Reads what was never written: whatever a schema asks for is made up from `noise`, so that every schema becomes a
 * generator of its own messages.
 */
export class ImaginingReader extends Reader {
  private readonly noise: Uint8Array
  private next = 0

  constructor(noise: Uint8Array) {
    super(Buffer.alloc(0))
    this.noise = noise
  }

  override bool = (): boolean => this.pick([false, true])
  override int8 = (): number => this.pick(NUMBERS) % 128
  override int16 = (): number => Math.abs(this.pick(NUMBERS))
  override uint16 = (): number => Math.abs(this.pick(NUMBERS))
  override int32 = (): number => Math.abs(this.pick(NUMBERS))
  override int64 = (): number => this.pick(NUMBERS)
  override float64 = (): number => this.pick(NUMBERS)
  /** At least 1: in the compact form 0 is null, which not every field may be. */
  override uvarint = (): number => 1 + this.byte()
  override uuid = (): string => this.pick(['0', 'a']).repeat(32)
  override string = (): string => this.pick(STRINGS)
  override slice = (): Buffer => Buffer.from(this.pick(STRINGS))
  override sub = (): Reader => this
  override takeIf = (): boolean => this.byte() < 50
  override count = (): number => this.byte() % (MAX_ELEMENTS + 1)

  private pick<T>(from: readonly T[]): T {
    return from[this.byte() % from.length]!
  }

  private byte(): number {
    return this.noise[this.next++ % this.noise.length]!
  }
}
