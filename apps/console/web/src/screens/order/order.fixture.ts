import type { OrderMessage } from '../../server/types.ts'

/** A message as the gateway shows it; `at` and `published` in milliseconds. */
export const message = (
  type: string,
  given: { id: string; by: string; topic: string; cause: string; at: number; published?: number; offset?: number },
): OrderMessage => ({
  ...{ type, id: given.id, topic: given.topic, partition: 0, offset: given.offset ?? given.at, key: 'cust-0001' },
  ...{ source: `/waybill/${given.by}`, subject: 'o1', dataVersion: 1, correlationId: 'o1', causationId: given.cause },
  time: new Date(given.at).toISOString(),
  publishedAt: new Date(given.published ?? given.at + 10).toISOString(),
  data: {},
})
