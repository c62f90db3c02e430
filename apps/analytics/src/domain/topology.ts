import type { StreamTopic } from '#libs/contracts'
import { HOUR, hopping, MINUTE, SECOND, tumbling } from '#libs/streams'

/**
 * What is computed, in one sentence: of every event of the shop, once, by when it happened and up to a minute late, the
 * sales and the conversion of each second are counted by product, country and device, with how many visitors there were
 * and what their baskets were worth; what comes later goes to a topic of its own.
 */
export const topology = {
  name: 'analytics',
  from: 'shop-events',
  to: 'analytics-results',
  late: 'shop-events-late',
  changelog: 'analytics-changelog',

  /** Windows that are counted. Those of a minute and an hour are sums of them, made where they are stored. */
  windows: tumbling(SECOND),
  rollups: [MINUTE, HOUR],
  /** A window's result is corrected for so long after the newest event of its partition is behind its end. */
  grace: MINUTE,
  /** An event may be so much ahead of when it arrived: clocks differ. What is further ahead is nonsense, and late, too. */
  ahead: MINUTE,
  /**
   * Each event once, by its id. It is remembered for as long as an event can come without being late; a copy that comes
   * after that is late itself, so none is ever counted twice.
   */
  distinct: 'id',
  /** A purchase converts when the session had looked at the product, and had then put it into the basket. */
  conversion: { stages: ['view', 'basket', 'checkout'], within: 10 * MINUTE },
  /** Amounts of other currencies are not added to them: such checkouts count, and are worth nothing here. */
  currency: 'EUR',
  top: { products: 20, counters: 500 },
  /** A product is selling out when at its pace of a sliding window nothing of its stock will be left within the hour. */
  sellOut: { windows: hopping(10 * MINUTE, MINUTE), within: HOUR, least: 10 },
  /** For so long results of a second stay in the topic. */
  kept: HOUR,
} as const satisfies {
  readonly from: StreamTopic
  readonly to: StreamTopic
  readonly late: StreamTopic
  readonly changelog: StreamTopic
  readonly [setting: string]: unknown
}
