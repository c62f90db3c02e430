import type { StreamTopic } from '#libs/contracts'
import { HOUR, hopping, MINUTE, SECOND, sessionWindows, tumbling } from '#libs/streams'

const grace = MINUTE

/**
 * What is computed, in one sentence: of every event of the shop, once, by when it happened and up to a minute late, the
 * sales and the conversion of each second are counted by product, country and device, with how many visitors there were
 * and what their baskets were worth; of every visit, when it is over, how long it was and how many pages it saw, by country and device;
 * what comes later goes to a topic of its own. Words that are not those of Kafka Streams have them beside them.
 */
export const topology = {
  /** Its `application.id`. */
  name: 'analytics',
  /** The source topic: event time is taken from its events (`TimestampExtractor`), and stream time is the newest of a partition. */
  from: 'shop-events',
  /** The sink topics, which are compacted. */
  to: 'analytics-results',
  late: 'shop-events-late',
  /** Of all state stores of a task. */
  changelog: 'analytics-changelog',

  /** Windows that are counted. Those of a minute and an hour are sums of them, made where they are stored. */
  windows: tumbling(SECOND),
  rollups: [MINUTE, HOUR],
  /** The grace period: a window's result is corrected for so long after the newest event of its partition is behind its end. */
  grace,
  /** An event may be so much ahead of when it arrived: clocks differ. What is further ahead is nonsense, and late, too. */
  ahead: MINUTE,
  /**
   * Each event once, by its id. It is remembered for as long as an event can come without being late; a copy that comes
   * after that is late itself, so none is ever counted twice.
   */
  distinct: 'id',
  /**
   * A purchase converts when the session had looked at the product, and had then put it into the basket: a stream-stream join
   * (`JoinWindows`) for each step.
   */
  conversion: { stages: ['view', 'basket', 'checkout'], within: 10 * MINUTE },
  /**
   * A visit is a session window of the events of a session, told once it is over (`suppress`, until the window closes) and counted in the
   * second of its last event. It is open for as long as an event can come that is not late for its own second, so no visit is ever
   * corrected, and which visits there were depends on the events alone and not on their order.
   */
  visits: { windows: sessionWindows(5 * MINUTE, grace + SECOND), pages: ['view', 'search'] },
  /** Amounts of other currencies are not added to them: such checkouts count, and are worth nothing here. */
  currency: 'EUR',
  top: { products: 20, counters: 500 },
  /**
   * A product is selling out when at its pace of a hopping window nothing of its stock will be left within the hour: a stream-table join
   * with the stock, a table of what the facts about it add up to.
   */
  sellOut: { windows: hopping(10 * MINUTE, MINUTE), within: HOUR, least: 10 },
  /** For so long results of a second stay in the topic: the retention of a window store. */
  kept: HOUR,
} as const satisfies {
  readonly from: StreamTopic
  readonly to: StreamTopic
  readonly late: StreamTopic
  readonly changelog: StreamTopic
  readonly [setting: string]: unknown
}
