import { Controller, Get, Inject, Param, Query } from '@nestjs/common'
import { topicNames } from '#libs/contracts'
import { InFlightLimit, Problem, parse } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { KafkaView } from '../kafka-view.ts'
import { messagesQuery, topicMessages, unknownTopic } from '../messages/topic-messages.ts'

/** Each asks Kafka over connections of its own, or reads thousands of records that are not meant. */
const MOST_AT_ONCE = 8

/** What lies in one topic, whoever's it is. */
@Controller('api/topics/:topic')
export class TopicsController {
  readonly #limit = new InFlightLimit(MOST_AT_ONCE, 'the reading of topics')

  constructor(
    @Inject(TopicReader) private readonly reader: TopicReader,
    @Inject(KafkaView) private readonly kafka: KafkaView,
  ) {}

  /** What it takes and how it is set. */
  @Get()
  async one(@Param('topic') topic: string) {
    await this.#mustBeThere(topic)
    const found = await this.#limit.run(() => this.kafka.topic(topic))
    if (found === undefined) throw unknownTopic(topic)
    return found
  }

  /** As far as one answer looks, which it says; its cursors lead on. */
  @Get('messages')
  async list(@Param('topic') topic: string, @Query() query: unknown) {
    const asked = parse(messagesQuery, query)
    await this.#mustBeThere(topic)
    return this.#limit.run(() =>
      topicMessages(this.reader, topic, asked).catch((error: Error) => {
        if (error instanceof Problem) throw error
        throw new Problem(503, { type: 'unavailable', detail: `${topic} cannot be read right now: ${error.message}` })
      }),
    )
  }

  /** The reader keeps what it knows of every name that it was ever asked about, so it is asked about topics only. */
  async #mustBeThere(topic: string): Promise<void> {
    if ((topicNames as readonly string[]).includes(topic)) return
    const { items } = await this.kafka.topics()
    if (!items.some(({ name }) => name === topic)) throw unknownTopic(topic)
  }
}
