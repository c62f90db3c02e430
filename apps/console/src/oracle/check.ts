/** One promise of the system, and how often it was found broken. */
export interface Check {
  readonly name: 'ends' | 'money' | 'stock' | 'effects' | 'key-order'
  /** What must hold, in words. */
  readonly promise: string
  readonly violations: number
  /** How many it was counted over, and of what. */
  readonly of: number
  readonly unit: string
  /** The first violations, in words. */
  readonly sample: readonly string[]
}

export const MOST_SAID = 10

export const found = (
  check: Pick<Check, 'name' | 'promise' | 'unit'>,
  of: number,
  violations: readonly string[],
): Check => ({ ...check, of, violations: violations.length, sample: violations.slice(0, MOST_SAID) })
