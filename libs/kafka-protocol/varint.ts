/** Zigzag varint of at most 10 bytes; NaN when it runs over `end`. Arithmetic, because deltas exceed 32 bits. */
export function readVarint(b: Buffer, cursor: { at: number }, end: number): number {
  let value = 0
  let scale = 1
  for (let length = 0; length < 10 && cursor.at < end; length++) {
    const byte = b[cursor.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 0x80
  }
  return Number.NaN
}

/** The shortest zigzag varint of a safe integer. */
export function writeVarint(value: number): Buffer {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1
  const bytes: number[] = []
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.of(...bytes, rest)
}
