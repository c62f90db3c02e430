/** Facts are kept for good, read models are rebuilt from them; commands lose their meaning once carried out. */
const FOREVER = -1
const SEVEN_DAYS = 7 * 24 * 60 * 60 * 1000

/** Every topic of Waybill, declared once; created from here by `ensureTopics` of libs/messaging. */
export const topics = {
  orders: { partitions: 6, retentionMs: FOREVER },
  payments: { partitions: 6, retentionMs: FOREVER },
  inventory: { partitions: 6, retentionMs: FOREVER },
  shipments: { partitions: 6, retentionMs: FOREVER },
  notifications: { partitions: 6, retentionMs: FOREVER },
  'payment-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
  'inventory-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
  'fulfillment-commands': { partitions: 6, retentionMs: SEVEN_DAYS },
} as const satisfies Record<string, { partitions: number; retentionMs: number }>

export type Topic = keyof typeof topics
export const topicNames = Object.keys(topics) as Topic[]
