import { batchAttributes, batchLastOffset, batchProducerEpoch, batchProducerId, isControl } from '#libs/kafka-protocol'
import type { ProducerStateManager } from '../producer-state.ts'

/**
 * Whether a batch is the one that tells a restart where its producer's sequence stands: its last batch with data, or
 * the marker when there was none in that epoch.
 */
export function isLastOfProducer(producers: ProducerStateManager): (batch: Buffer) => boolean {
  const last = new Map(
    Array.from(producers.entries(), ([producerId, { epoch, batches }]) => {
      return [producerId, { epoch, lastOffset: batches.at(-1)?.lastOffset }] as const
    }),
  )
  return (batch) => {
    const known = last.get(batchProducerId(batch))
    if (known === undefined) return false
    if (known.lastOffset !== undefined) return known.lastOffset === batchLastOffset(batch)
    return isControl(batchAttributes(batch)) && batchProducerEpoch(batch) === known.epoch
  }
}
