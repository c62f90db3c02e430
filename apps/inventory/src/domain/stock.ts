import type { StockLine } from '#libs/contracts'

/** How much of one product there is. Invariant: 0 ≤ reserved ≤ onHand. */
export interface StockLevel {
  readonly sku: string
  /** Pieces in the warehouse, reserved ones included; falls when they leave it. */
  readonly onHand: number
  readonly reserved: number
}

export type StockLevels = ReadonlyMap<string, StockLevel>

/** Of one product: what the column holds. */
export const MOST_ON_HAND = 2_147_483_647

export const hasRoomFor = ({ onHand }: StockLevel, quantity: number): boolean => onHand + quantity <= MOST_ON_HAND

export const available = ({ onHand, reserved }: Omit<StockLevel, 'sku'>): number => onHand - reserved

/** The lines that the stock does not cover, with what there is instead; none of a product that is not known. */
export const shortagesOf = (
  levels: StockLevels,
  lines: readonly StockLine[],
): (StockLine & { available: number })[] => {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const left = (sku: string): number => {
    const level = levels.get(sku)
    return level === undefined ? 0 : available(level)
  }
  return lines
    .filter(({ sku }) => wanted.get(sku)! > left(sku))
    .map(({ sku, quantity }) => ({ sku, quantity, available: left(sku) }))
}
