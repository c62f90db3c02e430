import { endsOfTopics, type KafkaOptions, type TopicPosition, TopicReader } from '#libs/messaging'
import { askBroker } from './ask-broker.ts'

/**
 * Where the topics ended for databases that are restored to this moment. A record has the time at which the relay sent it,
 * which is after the commit of the transaction that said it, and its row leaves the outbox after that. So by one clock, that of a
 * machine: what lies before the first record that is as young was said by transactions that the databases have; and
 * of what lies behind it their outboxes still have the rows, or their transactions never were.
 */
export const endsAt = async (kafka: KafkaOptions, moment: Date): Promise<TopicPosition[]> => {
  const reader = new TopicReader(kafka)
  try {
    const ends = await askBroker(() => endsOfTopics(kafka))
    const found = await askBroker(() => reader.offsetsAt(ends, moment.getTime()))
    const at = new Map(found.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
    return ends.map(({ topic, partition, offset }) => {
      const young = at.get(`${topic}/${partition}`) ?? NO_RECORD
      return { topic, partition, offset: young === NO_RECORD ? offset : young }
    })
  } finally {
    reader.close()
  }
}

/** What a broker answers where no record is as young. */
const NO_RECORD = -1
