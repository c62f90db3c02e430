import type { EventMetadata, StoredEvent } from '../event.ts'

/**
 * Metadata as a row has it: without the correlation where the stream is named by it, and without the cause of an event
 * that stands for itself. Earlier rows have all of it.
 */
export type StoredMetadata = Omit<EventMetadata, 'correlationId' | 'causationId'> & Partial<EventMetadata>

/** `KIND-ID`: most streams are about what correlates their events, such as an order. */
const subjectOf = (streamId: string): string => streamId.slice(streamId.indexOf('-') + 1)

export const storedMetadata = ({ streamId, metadata }: StoredEvent): StoredMetadata => {
  const { correlationId, ...rest } = metadata
  if (correlationId !== subjectOf(streamId)) return metadata
  if (rest.causationId !== rest.messageId) return rest
  const { causationId: _, ...own } = rest
  return own
}

export const metadataOf = (streamId: string, stored: StoredMetadata): EventMetadata => ({
  correlationId: subjectOf(streamId),
  causationId: stored.messageId,
  ...stored,
})
