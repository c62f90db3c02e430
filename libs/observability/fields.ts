/** Field names of log entries that more than one part writes. */
export const fields = {
  error: 'error',
  topic: 'topic',
  partition: 'partition',
  offset: 'offset',
  key: 'key',
  /** Is written as `customer`, a keyed hash (libs/logging). */
  customerId: 'customerId',
  messageId: 'messageId',
  messageType: 'messageType',
  correlationId: 'correlationId',
  causationId: 'causationId',
  orderId: 'orderId',
  /** Is written as `traceId`. */
  traceparent: 'traceparent',
  attempts: 'attempts',
  count: 'count',
  durationMs: 'durationMs',
} as const
