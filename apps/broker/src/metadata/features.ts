/**
 * The features of Kafka that have a level here, by name. `transaction.version` 2: producers take a new epoch with every
 * transaction (KIP-890). `group.version` 1: the consumer protocol (KIP-848). `share.version` 1: share groups (KIP-932);
 * 2: their dead letter topics (KIP-1191).
 */
export const features: Readonly<
  Record<string, { readonly min: number; readonly max: number; readonly level: number }>
> = {
  'group.version': { min: 0, max: 1, level: 1 },
  'share.version': { min: 0, max: 2, level: 2 },
  'transaction.version': { min: 0, max: 2, level: 2 },
}
