import type { Tone } from '../../ui/badge.tsx'

export interface Node {
  readonly name: string
  /** Its middle, in units of the drawing. */
  readonly x: number
  readonly y: number
  /** As tall as those beside it, to which its lines then run straight. */
  readonly height: number
  readonly status: string
  readonly parked: number
  readonly stuck: number
  /** Rows of its outbox that wait to be published. */
  readonly backlog: number
  readonly tone: Tone
}

export interface Edge {
  readonly topic: string
  readonly from: string
  readonly to: string
  /** Records per second; undefined as long as it is not known. */
  readonly rate: number | undefined
  /** Records that the receiver has not handled yet. */
  readonly lag: number
}

export interface Seen {
  readonly services: Readonly<Record<string, { readonly status: string; readonly outboxBacklog?: number | undefined }>>
  readonly groups: readonly {
    readonly groupId: string
    readonly partitions: readonly { readonly topic: string; readonly lag: number }[]
  }[]
  readonly parked: readonly { readonly service: string; readonly count: number }[]
  readonly stuck: number
  readonly rates: ReadonlyMap<string, number>
}

const HEIGHT = 64
const [LEFT, MIDDLE, RIGHT] = [105, 595, 1_035]

/** Who speaks to many stands in front of all of them: no line crosses another one, and no name stands on a line. */
const PLACES: Readonly<Record<string, readonly [x: number, y: number, height: number]>> = {
  order: [LEFT, 250, 464],
  payment: [MIDDLE, 50, HEIGHT],
  inventory: [MIDDLE, 150, HEIGHT],
  fulfillment: [MIDDLE, 250, HEIGHT],
  notification: [MIDDLE, 350, HEIGHT],
  query: [RIGHT, 350, HEIGHT],
  analytics: [MIDDLE, 450, HEIGHT],
}

/** Topics between those for whom they are; the read model follows every topic of facts, of which one is drawn. */
const WAYS: readonly (readonly [topic: string, from: string, to: string])[] = [
  ['payment-commands', 'order', 'payment'],
  ['payments', 'payment', 'order'],
  ['inventory-commands', 'order', 'inventory'],
  ['inventory', 'inventory', 'order'],
  ['fulfillment-commands', 'order', 'fulfillment'],
  ['shipments', 'fulfillment', 'order'],
  ['orders', 'order', 'notification'],
  ['notifications', 'notification', 'query'],
  ['orders', 'order', 'analytics'],
]

/** The services and what flows between them, with whatever is wrong at the one that has it. */
export const systemMap = ({ services, groups, parked, stuck, rates }: Seen): { nodes: Node[]; edges: Edge[] } => ({
  nodes: Object.entries(PLACES).map(([name, [x, y, height]]) => {
    const status = services[name]?.status ?? 'unknown'
    const mine = parked.reduce((sum, { service, count }) => sum + (service === name ? count : 0), 0)
    const stuckHere = name === 'order' ? stuck : 0
    const isBad = (status !== 'ok' && status !== 'unknown') || stuckHere > 0
    const tone = isBad ? 'bad' : mine > 0 ? 'warn' : status === 'ok' ? 'ok' : 'idle'
    const backlog = services[name]?.outboxBacklog ?? 0
    return { name, x, y, height, status, parked: mine, stuck: stuckHere, backlog, tone }
  }),
  edges: WAYS.map(([topic, from, to]) => ({ topic, from, to, rate: rates.get(topic), lag: lagOf(groups, to, topic) })),
})

/** A service's group bears its name. */
const lagOf = (groups: Seen['groups'], service: string, topic: string): number =>
  groups
    .filter(({ groupId }) => groupId === service)
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, { topic: name, lag }) => sum + (name === topic ? lag : 0), 0)
