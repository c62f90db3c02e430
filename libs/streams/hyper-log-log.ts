import type { Fingerprint } from './fingerprint.ts'

const PRECISION = 12
const REGISTERS = 2 ** PRECISION
const RANK_BITS = 6
const RANK_MASK = 2 ** RANK_BITS - 1
/** Correction for the bias of the harmonic mean (Flajolet, Fusy, Gandouet, Meunier 2007). */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

/** The standard error of `estimate`, relative: 1.04 / √4096. */
export const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTERS)

/**
 * How many different things there were (HyperLogLog): of each register the highest rank, by its number; absent is 0. A
 * second has few, so the map is sparse; merging takes the higher rank, is exact, and may be repeated.
 */
export type Registers = Map<number, number>

export const addElement = (registers: Registers, { high, low }: Fingerprint): void => {
  raise(registers, high >>> (32 - PRECISION), Math.clz32(low) + 1)
}

export const mergeRegisters = (into: Registers, other: ReadonlyMap<number, number>): void => {
  for (const [register, rank] of other) raise(into, register, rank)
}

const raise = (registers: Registers, register: number, rank: number): void => {
  if (rank > (registers.get(register) ?? 0)) registers.set(register, rank)
}

export const estimate = (registers: ReadonlyMap<number, number>): number => {
  const empty = REGISTERS - registers.size
  let sum = empty
  for (const rank of registers.values()) sum += 2 ** -rank
  const raw = (ALPHA * REGISTERS ** 2) / sum
  // Few: the number of empty registers says it better (linear counting).
  return Math.round(raw <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : raw)
}

/** As numbers that JSON takes little room for, in order. */
export const encodeRegisters = (registers: ReadonlyMap<number, number>): number[] =>
  Array.from(registers, ([register, rank]) => (register << RANK_BITS) | rank).sort((a, b) => a - b)

export const decodeRegisters = (encoded: readonly number[]): Registers =>
  new Map(encoded.map((each) => [each >>> RANK_BITS, each & RANK_MASK]))
