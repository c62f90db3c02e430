const BITS = 14

/** Finds where the next four bytes were seen before, as snappy and LZ4 both want it; for inputs up to 64 KiB. */
export class MatchTable {
  private readonly positions = new Int32Array(1 << BITS).fill(-1)

  constructor(private readonly input: Buffer) {}

  /** The last position noted with the same four bytes, or -1; notes `position` in its place. */
  exchange(position: number): number {
    const { input, positions } = this
    const slot = Math.imul(this.four(position), 0x9e3779b1) >>> (32 - BITS)
    const candidate = positions[slot]!
    positions[slot] = position
    return candidate >= 0 && this.four(candidate) === this.four(position) && position < input.length ? candidate : -1
  }

  /** How many bytes from `candidate` and `position` on are the same, looking at those before `end`. */
  matchLength(candidate: number, position: number, end: number): number {
    let length = 4
    while (position + length < end && this.input[candidate + length] === this.input[position + length]) length++
    return length
  }

  private four(at: number): number {
    const { input } = this
    return input[at]! | (input[at + 1]! << 8) | (input[at + 2]! << 16) | (input[at + 3]! << 24)
  }
}
