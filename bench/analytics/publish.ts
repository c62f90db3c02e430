import { writeShopEvent } from '#libs/contracts'
import { StreamProducer } from '#libs/messaging'
import { generate, readShop, runTraffic, type Shop, type TrafficOptions, trafficOptions } from '#libs/traffic'

/** As `npm run traffic -- --rate 20000 --seed 7 --skew 1.2 --late 0.01` has them. Events a second of event time. */
const DENSITY = 20_000

export const shop = (): Promise<Shop> => readShop({ products: 'data/products.json', customers: 'data/customers.json' })

export const trafficOf = (seconds: number, rate: number, start: number): TrafficOptions =>
  trafficOptions.parse({ rate, seconds, seed: 7, skew: 1.2, late: 0.01, duplicates: 0.001, start })

export interface Published {
  readonly events: number
  /** Those that are counted: what is taken out of a basket is not. */
  readonly counted: number
  readonly perSecond: number
}

/** Events of the last `events / 20,000` seconds, as fast as the broker takes them. */
export const publish = async (brokers: string, events: number): Promise<Published> => {
  const seconds = Math.ceil(events / DENSITY)
  const options = trafficOf(seconds, DENSITY, Date.now() - seconds * 1_000)
  const producer = await openProducer(brokers)
  const made = Array.from(generate(options, await shop()), ({ event }) => ({
    ...{ key: event.session, value: writeShopEvent(event) },
    counts: event.type !== 'basket' || event.change > 0,
  }))
  const begun = performance.now()
  for (const { key, value } of made) while (producer.offer(key, value) === undefined) await producer.untilRoom()
  await producer.flush()
  const perSecond = (made.length / (performance.now() - begun)) * 1_000
  producer.close()
  return { events: made.length, counted: made.filter(({ counts }) => counts).length, perSecond }
}

/** Events that happen now, at a pace. */
export const publishLive = async (brokers: string, rate: number, seconds: number): Promise<void> => {
  const producer = await openProducer(brokers)
  const sink = {
    take: (key: string, value: string) => producer.offer(key, value) !== undefined,
    untilRoom: () => producer.untilRoom(),
  }
  const { behindMs } = await runTraffic(trafficOf(seconds, rate, Date.now()), await shop(), sink)
  if (behindMs > 1_000) console.log(`  the load generator fell ${behindMs} ms behind: others kept the processors`)
  await producer.flush()
  producer.close()
}

const openProducer = (brokers: string): Promise<StreamProducer> =>
  StreamProducer.open({ brokers: [brokers], clientId: 'bench', topic: 'shop-events', acks: 1, compression: 'snappy' })
