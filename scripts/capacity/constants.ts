import { z } from 'zod'

const byName = z.record(z.string(), z.number().min(0)).readonly()

/** What an order takes, as `npm run bench -- --only capacity` measures it; dated, of one machine. */
export const constants = z.object({
  measuredAt: z.iso.datetime(),
  command: z.string(),
  machine: z.string(),
  /** How many orders the figures are the mean of, and at what rate they were placed. */
  orders: z.number().positive(),
  ordersPerSecond: z.number().positive(),
  /** Milliseconds of one core, by process; `postgres` is of all databases together. */
  processorMs: byName,
  /** Resident under that load, MB, by process. */
  memoryMb: byName,
  /** Records that are appended and fetched. */
  messages: z.object({ written: z.number().positive(), read: z.number().positive() }),
  /** Events that are appended to the streams, by service. */
  events: byName,
  /** Bytes of rows with their indexes that stay, by `service.table`; and of those that are pruned. */
  rowBytes: byName,
  /** Bytes of the topics on one broker, compressed, by topic. */
  topicBytes: byName,
  /** Bytes on the wire: what producers send to and consumers get from the broker, and all of the loopback device. */
  network: z.object({ brokerIn: z.number(), brokerOut: z.number(), all: z.number() }),
})
export type Constants = z.infer<typeof constants>
