import type { EventMetadata, StoredEvent } from '../event.ts'

/** Metadata as a row has it: without the correlation where the stream is named by it. Earlier rows have all of it. */
export type StoredMetadata = Omit<EventMetadata, 'correlationId'> & Partial<EventMetadata>

/** `KIND-ID`: most streams are about what correlates their events, such as an order. */
const subjectOf = (streamId: string): string => streamId.slice(streamId.indexOf('-') + 1)

export const storedMetadata = ({ streamId, metadata }: StoredEvent): StoredMetadata => {
  const { correlationId, ...rest } = metadata
  return correlationId === subjectOf(streamId) ? rest : metadata
}

export const metadataOf = (streamId: string, stored: StoredMetadata): EventMetadata => ({
  correlationId: subjectOf(streamId),
  ...stored,
})
