import { expect, test } from 'vitest'
import { bytes } from './bytes.ts'

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1.0 KiB'],
  [12_345, '12 KiB'],
  [1_500_000_000, '1.4 GiB'],
  [2 ** 60, '1048576 TiB'],
])('%d bytes are %s', (count, words) => expect(bytes(count)).toBe(words))
