import { hash } from 'node:crypto'

/** Uniform in [0, 1), and the same each time for one name. */
export const drawFor = (name: string): number => Number.parseInt(hash('sha256', name, 'hex').slice(0, 8), 16) / 2 ** 32
