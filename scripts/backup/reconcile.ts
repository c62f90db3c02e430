import pg from 'pg'
import { type AnyMessage, type DataOf, decode, type MessageType, messageTypesOn } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { type KafkaOptions, type TopicPosition, TopicReader } from '#libs/messaging'
import { restoreVault } from '#libs/personal-data'
import { type MadeAgain, ordersAgain } from '../../apps/order/src/orders-again.ts'
import { applyMigrations } from '../migrations/apply.ts'
import { databaseUrl } from '../postgres/cluster.ts'
import { createDatabases } from '../postgres/server.ts'
import { askBroker } from './ask-broker.ts'

const FACTS: ReadonlySet<MessageType> = new Set([
  ...(['order.placed', 'order.cancellation-requested', 'order.return-requested'] as const),
])
const COMMANDS: ReadonlySet<MessageType> = new Set(['payment.authorize'])
const KEYS: ReadonlySet<MessageType> = new Set(messageTypesOn('customer-keys'))

/** What topics tell beyond the moment of the databases. */
export interface Later {
  readonly facts: readonly AnyMessage[]
  readonly commands: readonly AnyMessage[]
  /** All of them: the topic has one of each customer. */
  readonly keys: readonly AnyMessage[]
}

/** `ends`: where the topics ended at that moment. */
export const readLater = async (kafka: KafkaOptions, ends: readonly TopicPosition[]): Promise<Later> => ({
  facts: await messagesBeyond(kafka, ends, 'orders', FACTS),
  commands: await messagesBeyond(kafka, ends, 'payment-commands', COMMANDS),
  keys: await messagesBeyond(kafka, [], 'customer-keys', KEYS),
})

/** Has the order service's database follow it. */
export const followLater = async ({ facts, commands }: Later, postgresPort: number): Promise<MadeAgain> => {
  const url = databaseUrl(postgresPort, 'waybill_order')
  // The copy may be older than this code.
  await applyMigrations(url, 'order')
  const database = new Database(url)
  try {
    return await ordersAgain(new GroupCommit(database), facts, commands)
  } finally {
    await database.close()
  }
}

/** How many orders are told of that the order service's database, which is of an earlier moment, does not know. */
export const countUnknown = async ({ facts }: Later, postgresPort: number): Promise<number> => {
  const told = [...new Set(facts.flatMap(({ type, data }) => (type === 'order.placed' ? [data.orderId] : [])))]
  const client = new pg.Client({ connectionString: databaseUrl(postgresPort, 'waybill_order') })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT FROM sagas WHERE saga_id = ANY($1)', [told])
    return told.length - (rowCount ?? 0)
  } finally {
    await client.end()
  }
}

/** Has the vault follow it: without keys that were made since nobody could read what topics tell. Answers how many. */
export const followKeys = async ({ keys }: Later, postgresPort: number): Promise<number> => {
  if (keys.length === 0) return 0
  // A backup of a version without a vault has none.
  await createDatabases(databaseUrl(postgresPort, 'postgres'), ['waybill_vault'])
  const url = databaseUrl(postgresPort, 'waybill_vault')
  await applyMigrations(url, 'vault')
  const last = new Map<string, DataOf<'customer-key.made'>>()
  const erased = new Set<string>()
  for (const { type, data } of keys) {
    if (type === 'customer-key.made') last.set(data.customerId, data)
    if (type === 'customer-key.destroyed') erased.add(data.customerId)
  }
  return (await restoreVault(url, { made: [...last.values()], erased })).made
}

/** What of these types was said since, by partition in its order. What cannot be read tells of nothing. */
const messagesBeyond = async (
  kafka: KafkaOptions,
  ends: readonly TopicPosition[],
  topic: string,
  types: ReadonlySet<MessageType>,
): Promise<AnyMessage[]> => {
  const reader = new TopicReader(kafka)
  try {
    const partitions = (await askBroker(() => reader.offsets([topic]))).get(topic) ?? []
    const found: AnyMessage[] = []
    for (const { partition, earliest, latest } of partitions) {
      const end = ends.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0
      let offset = Math.max(end, earliest)
      while (offset < latest) {
        const [part] = await askBroker(() =>
          reader.read([{ topic, partition, offset }], { partitionBytes: 4 * 1024 * 1024 }),
        )
        for (const record of part!.records) {
          if (!types.has(String(record.headers.ce_type) as MessageType)) continue
          const decoded = decode(record)
          if (decoded.ok) found.push(decoded.message)
        }
        // A stretch without records for us: what compaction or a transaction left.
        offset = Math.max(part!.next, offset + 1)
      }
    }
    return found
  } finally {
    reader.close()
  }
}
