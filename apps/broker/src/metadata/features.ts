/**
 * The features of Kafka that have a level here, by name. `transaction.version` 2: producers take a new epoch with every
 * transaction (KIP-890).
 */
export const features: Readonly<
  Record<string, { readonly min: number; readonly max: number; readonly level: number }>
> = {
  'transaction.version': { min: 0, max: 2, level: 2 },
}
