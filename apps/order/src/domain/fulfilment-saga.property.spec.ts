import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Coordination, type DataOf, terminalStatuses } from '#libs/contracts'
import { fold, isRefusal } from '#libs/decider'
import { asManyAsFitNow } from '#libs/testing'
import type { Fact } from './answers.ts'
import { type Signal, signalOf } from './choreography.ts'
import { orderDecider } from './decide.ts'
import {
  commandOf,
  type FulfilmentInput,
  fulfilmentSaga,
  orderCommandFor,
  statusOf,
  wakeAt,
} from './fulfilment-saga.ts'
import type { FulfilmentEvent } from './fulfilment-state.ts'
import { type Operation, operate } from './operate.ts'
import type { Order, PlacedOrder } from './order.ts'
import { type OrderFact, published } from './published-events.ts'
import { compensationSteps, forwardSteps, type OrderToFulfil, type SagaCommand } from './steps.ts'

/** How a participant fares with a command; the two failures differ in whether the work was done all the same. */
type Luck = 'works' | 'refused' | 'fails' | 'works but fails to say so'

const about = { orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f', customerId: 'cust-0001' }
const PRICE = 1780
const total = { amount: PRICE, currency: 'EUR' }
const STOCK = 5
const lines = [{ sku: 'MUG', quantity: 2 }]
const address = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
const orderOf = (coordination: Coordination): OrderToFulfil => ({
  ...{ ...about, total, token: 'tok', address, lines, coordination },
})
const parcel = { ...about, shipmentId: 's1', trackingNumber: 'T1' }

/**
 * A participant meets its commands one by one and acts once per order. While partitions are added a later command, or
 * fact, may overtake an earlier one.
 */
abstract class Participant {
  readonly inbox: Pick<SagaCommand, 'type'>[] = []
  readonly facts: Fact[] = []
  /** How often undoing may fail. Where no human is, not for good: that ends in front of one. */
  patience = 5

  handle(luck: Luck, pick = 0): Fact[] {
    const [command] = this.inbox.splice(pick % Math.max(this.inbox.length, 1), 1)
    if (command === undefined) return []
    const undoing = ['payment.void', 'payment.refund', 'stock.release', 'shipment.cancel'].includes(command.type)
    if (undoing && luck !== 'works' && (luck === 'refused' || this.patience-- <= 0)) luck = 'works'
    const answers = this.act(command.type, luck)
    this.facts.push(...(answers as Fact[]))
    return answers as Fact[]
  }

  protected abstract act(command: SagaCommand['type'], luck: Luck): unknown[]
}

class Payments extends Participant {
  state: 'none' | 'authorized' | 'captured' | 'captureDeclined' | 'declined' | 'voided' | 'refunded' = 'none'
  #said = new Set<string>()
  get kept() {
    return this.state === 'captured' ? PRICE : 0
  }
  get held() {
    return this.state === 'authorized' || this.state === 'captureDeclined'
  }

  protected act(command: SagaCommand['type'], luck: Luck): unknown[] {
    if (command === 'payment.authorize') return this.#authorize(luck)
    if (command === 'payment.capture') return this.#capture(luck)
    return this.#undo(luck)
  }

  #authorize(luck: Luck) {
    if (this.state === 'none' && luck !== 'fails') this.state = luck === 'refused' ? 'declined' : 'authorized'
    return this.#answer('authorize', luck)
  }

  #capture(luck: Luck) {
    expect(['none', 'declined']).not.toContain(this.state)
    if (this.state === 'authorized' && luck !== 'fails')
      this.state = luck === 'refused' ? 'captureDeclined' : 'captured'
    return this.#answer('capture', luck)
  }

  #undo(luck: Luck) {
    if (luck !== 'fails') this.state = this.state === 'captured' || this.state === 'refunded' ? 'refunded' : 'voided'
    return this.#answer('void', luck)
  }

  /** Once an outcome was told it is told again; a participant does not unlearn it. */
  #answer(operation: 'authorize' | 'capture' | 'void', luck: Luck) {
    if (luck.includes('fails') && !this.#said.has(this.state))
      return [{ type: 'payment.failed', data: { ...about, operation, reason: 'timeout' } }]
    this.#said.add(this.state)
    return {
      none: [{ type: 'payment.failed', data: { ...about, operation, reason: 'timeout' } }],
      authorized: [{ type: 'payment.authorized', data: { ...about, authorizationId: 'a', amount: total } }],
      captured: [{ type: 'payment.captured', data: { ...about, captureId: 'c', amount: total } }],
      captureDeclined: [{ type: 'payment.declined', data: { ...about, operation: 'capture', code: 'no' } }],
      declined: [{ type: 'payment.declined', data: { ...about, operation: 'authorize', code: 'no' } }],
      voided: [{ type: 'payment.voided', data: { ...about, amount: total } }],
      refunded: [{ type: 'payment.refunded', data: { ...about, refundId: 'r', amount: total } }],
    }[this.state]
  }
}

class Stock extends Participant {
  state: 'none' | 'reserved' | 'rejected' | 'released' | 'dispatched' = 'none'
  get onHand() {
    return STOCK - (this.state === 'dispatched' ? 2 : 0)
  }
  get reserved() {
    return this.state === 'reserved' ? 2 : 0
  }

  protected act(command: SagaCommand['type'], luck: Luck): unknown[] {
    if (command === 'stock.reserve' && this.state === 'none') this.state = luck === 'refused' ? 'rejected' : 'reserved'
    if (command === 'stock.release' && this.state !== 'rejected') {
      expect(this.state).not.toBe('dispatched')
      this.state = 'released'
    }
    if (command === 'stock.dispatch') {
      expect(['reserved', 'dispatched']).toContain(this.state)
      this.state = 'dispatched'
    }
    if (command === 'stock.release') return [{ type: 'stock.released', data: { ...about, lines } }]
    return [{ type: `stock.${this.state}`, data: { ...about, lines, shortages: [] } }]
  }
}

class Shipments extends Participant {
  readonly #received = new Set<string>()
  state: 'none' | 'booked' | 'impossible' | 'cancelled' | 'dispatched' | 'delivered' = 'none'
  #handedOver = false

  /** Whether a fact of a choreographed order was the last that was missing. */
  joins(fact: string): boolean {
    if (this.#received.has(fact)) return false
    this.#received.add(fact)
    return this.isReady
  }
  get isReady() {
    return this.#received.size === 2
  }

  /** The carrier moves when it likes; its report of that may be lost. */
  move(isReported = true): void {
    if (this.state !== 'booked' && this.state !== 'dispatched') return
    this.state = this.state === 'booked' ? 'dispatched' : 'delivered'
    if (isReported) this.facts.push({ type: `shipment.${this.state}`, data: parcel } as Fact)
  }

  protected act(command: SagaCommand['type'], luck: Luck): unknown[] {
    if (command === 'shipment.track')
      return this.state === 'booked' ? [] : [{ type: `shipment.${this.state}`, data: parcel }]
    const failed = (operation: string) => [{ type: 'shipment.failed', data: { ...about, operation, reason: 'error' } }]
    if (command === 'shipment.ship') {
      if (this.state === 'none' && luck !== 'fails') this.state = luck === 'refused' ? 'impossible' : 'booked'
      if (luck.includes('fails')) return failed('ship')
      return [{ type: `shipment.${this.state}`, data: { ...parcel, code: 'no' } }]
    }
    if (luck === 'works but fails to say so' && this.state === 'booked') this.#handedOver = true
    if (luck.includes('fails') && !this.#handedOver) return failed('cancel')
    // The carrier may refuse before it reports that the parcel is on its way.
    if (this.#handedOver || this.state === 'dispatched' || this.state === 'delivered')
      return [{ type: 'shipment.cancellation-refused', data: about }]
    this.state = 'cancelled'
    return [{ type: 'shipment.cancelled', data: about }]
  }
}

const allSteps = [...forwardSteps, ...compensationSteps]
type Asked = { [T in Operation as T['type']]: Omit<T, 'at'> }[Operation['type']]

type Told = Signal | OrderFact | Fact
type Command = SagaCommand['type']

/** What the facts of a choreographed order make a participant do, as its `consumers.ts` says; fulfillment joins first. */
const reactionsTo = (fact: Told, shipments: Shipments): readonly Command[] => {
  switch (fact.type) {
    case 'order.placed':
      return ['payment.authorize', 'stock.reserve']
    case 'order.confirmed':
      return ['payment.capture']
    case 'order.shipped':
      return ['stock.dispatch']
    case 'order.recalled':
      return ['shipment.cancel']
    case 'order.withdrawn':
      return fact.data.toUndo.map((part) => (part === 'payment' ? 'payment.void' : 'stock.release'))
    case 'order.overdue':
      if (fact.data.awaiting === 'shipment.booked' && !shipments.isReady) return []
      return [remindedOf[fact.data.awaiting]]
    case 'payment.captured':
    case 'stock.reserved':
      return shipments.joins(fact.type) ? ['shipment.ship'] : []
    default:
      return []
  }
}

const remindedOf: Record<DataOf<'order.overdue'>['awaiting'], Command> = {
  'payment.authorized': 'payment.authorize',
  'payment.captured': 'payment.capture',
  'payment.voided': 'payment.void',
  'stock.reserved': 'stock.reserve',
  'stock.released': 'stock.release',
  'stock.dispatched': 'stock.dispatch',
  'shipment.booked': 'shipment.ship',
  'shipment.delivered': 'shipment.track',
  'shipment.cancelled': 'shipment.cancel',
}

class World {
  readonly payments = new Payments()
  readonly stock = new Stock()
  readonly shipments = new Shipments()
  readonly participants = [this.payments, this.stock, this.shipments]
  readonly history: Fact[] = []
  readonly ends: string[] = []
  at = '2026-01-01T00:00:00.000Z'
  saga = fulfilmentSaga.initial
  order: Order = orderDecider.initial
  /** An operator said that the parcel arrived. */
  vouchedForParcel = false

  constructor(readonly coordination: Coordination) {
    const order = orderOf(coordination)
    const details = { ...order, items: [], payment: { token: 'tok' }, shippingAddress: address }
    this.#command({ type: 'place', details })
    this.#handle({ at: this.at, type: 'start', order })
  }

  /** A participant does the next thing that it was asked for; of a choreographed order, others may hear of it. */
  handles(participant: Participant, luck: Luck, pick = 0): void {
    for (const fact of participant.handle(luck, pick)) this.#spread(fact)
  }

  cancel(): void {
    if (!this.#command({ type: 'requestCancellation' })) return
    this.#handle({ at: this.at, type: 'cancel' })
  }

  passTime(): boolean {
    const due = wakeAt(this.saga)
    if (due === undefined) return false
    if (due > this.at) this.at = due
    this.#handle({ at: this.at, type: 'deadline' })
    return true
  }

  /** Clicks without a look at the world; false when it is refused. */
  operates(asked: Asked): boolean {
    const decision = operate(this.saga, { ...asked, at: this.at } as Operation)
    if (isRefusal(decision)) return false
    expect(decision, `${asked.type} does something`).not.toEqual([])
    if (decision.some(({ type, data }) => type === 'ParcelDelivered' && 'vouchedFor' in data))
      this.vouchedForParcel = true
    this.#follow(decision)
    return true
  }

  receive(from: Participant, pick = 0): void {
    const [fact] = from.facts.splice(pick % Math.max(from.facts.length, 1), 1)
    if (fact === undefined) return
    this.history.push(fact)
    this.#handle({ at: this.at, ...fact })
  }

  /** A participant answered a command that had been repeated. */
  receiveAgain(pick: number): void {
    const fact = this.history[pick % Math.max(this.history.length, 1)]
    if (fact !== undefined) this.#handle({ at: this.at, ...fact })
  }

  /** Nothing works there for as long as anybody is patient. */
  outage(at: Participant): void {
    for (let i = 0; i < 12; i++) {
      this.handles(at, 'fails')
      this.receive(at)
      this.passTime()
    }
  }

  /** Everybody does one thing, and it works. */
  prosper(): void {
    for (const participant of this.participants) {
      this.handles(participant, 'works')
      this.receive(participant)
    }
  }

  /** Everything works from now on, and everything that is under way arrives. */
  settle(): void {
    for (let round = 0; round < 500; round++) {
      this.prosper()
      const idle = this.participants.every(({ inbox, facts }) => inbox.length + facts.length === 0)
      if (idle && this.saga.ended !== undefined) return
      if (idle) this.shipments.move()
      if (idle && this.shipments.facts.length === 0 && !this.passTime() && !this.#tryAgain()) return
    }
  }

  /** Whatever waits for a human goes on when a human has it tried again. */
  #tryAgain(): boolean {
    if (statusOf(this.saga) !== 'needs_attention') return false
    return allSteps.map((step) => this.operates({ type: 'retry', step })).includes(true)
  }

  #handle(input: FulfilmentInput): void {
    this.#follow(fulfilmentSaga.decide(this.saga, input))
  }

  #follow(events: readonly FulfilmentEvent[]): void {
    for (const event of events) {
      this.saga = fulfilmentSaga.evolve(this.saga, event)
      if (this.coordination === 'orchestrated') this.#send(commandOf(event, this.saga.order!)?.type)
      else this.#spread(signalOf(event, this.saga))
      const command = orderCommandFor(event)
      if (command !== undefined) expect(this.#command(command), `${command.type} is in turn`).toBe(true)
    }
  }

  /** Whoever reacts to a fact of a choreographed order has something to do. */
  #spread(fact: Told | undefined): void {
    if (this.coordination === 'orchestrated' || fact === undefined) return
    for (const command of reactionsTo(fact, this.shipments)) this.#send(command)
  }

  #send(type: Command | undefined): void {
    if (type === undefined) return
    const to = { payment: this.payments, stock: this.stock, shipment: this.shipments }
    to[type.split('.')[0] as keyof typeof to].inbox.push({ type })
  }

  #command(command: Parameters<typeof orderDecider.decide>[1]): boolean {
    const decision = orderDecider.decide(this.order, command)
    if (isRefusal(decision)) return false
    this.order = fold(orderDecider, decision, this.order)
    for (const event of decision) {
      if (['OrderCompleted', 'OrderRejected', 'OrderCancelled'].includes(event.type)) this.ends.push(event.type)
      this.#spread(published((this.order as PlacedOrder).details, event))
    }
    return decision.length > 0 || command.type === 'refuseCancellation'
  }
}

const coordination = fc.constantFrom<Coordination>('orchestrated', 'choreographed')
const participant = fc.nat({ max: 2 })
/** Mostly all is well, or else no order would get far enough for the rest to matter. */
const luck = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Luck>('works') },
  { weight: 2, arbitrary: fc.constantFrom<Luck>('refused', 'fails', 'works but fails to say so') },
)
/** Mostly the first that waits. */
const pick = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) })
const ordinary = [
  { weight: 12, arbitrary: fc.record({ handles: participant, luck, pick }) },
  { weight: 12, arbitrary: fc.record({ received: participant, pick }) },
  { weight: 1, arbitrary: fc.record({ receivedAgain: fc.nat() }) },
  { weight: 3, arbitrary: fc.constantFrom({ carrier: 'reports' } as const, { carrier: 'moves unreported' } as const) },
  { weight: 3, arbitrary: fc.constant({ time: 'passes' } as const) },
  { weight: 1, arbitrary: fc.constant({ customer: 'cancels' } as const) },
] as const
const reason = 'so says the operator'
const onStep = (type: 'retry' | 'skip'): fc.Arbitrary<Asked> =>
  fc.record({ type: fc.constant(type), step: fc.constantFrom(...allSteps), reason: fc.constant(reason) })
const asked = fc.oneof(
  { weight: 6, arbitrary: onStep('retry') },
  { weight: 12, arbitrary: onStep('skip') },
  { weight: 1, arbitrary: fc.constant<Asked>({ type: 'compensate', reason }) },
)
/** Up to where patience ends: 10 silences of a step, 36 of a parcel. */
const silences = fc.constantFrom(11, 40)
type Happening =
  | { handles: number; luck: Luck; pick: number }
  | { received: number; pick: number }
  | { receivedAgain: number }
  | { carrier: 'reports' | 'moves unreported' }
  | { time: 'passes' }
  | { customer: 'cancels' }
  | { asked: Asked }
  | { silences: number }
  | { outage: number }

const happen = (world: World, it: Happening): void => {
  if ('handles' in it) world.handles(world.participants[it.handles]!, it.luck, it.pick)
  else if ('received' in it) world.receive(world.participants[it.received]!, it.pick)
  else if ('receivedAgain' in it) world.receiveAgain(it.receivedAgain)
  else if ('carrier' in it) world.shipments.move(it.carrier === 'reports')
  else if ('time' in it) world.passTime()
  else if ('asked' in it) world.operates(it.asked)
  else if ('outage' in it) world.outage(world.participants[it.outage]!)
  else if ('silences' in it) for (let i = 0; i < it.silences; i++) world.passTime()
  else world.cancel()
}

const expectAgreement = (world: World): void => {
  expect(terminalStatuses).toContain(world.order.status)
  expect(world.ends).toHaveLength(1)
  expect(['completed', 'compensated']).toContain(statusOf(world.saga))
  const stands = world.order.status === 'completed'
  expect(world.payments.kept).toBe(stands ? PRICE : 0)
  expect(world.payments.held).toBe(false)
  expect(world.stock.onHand).toBe(stands ? STOCK - 2 : STOCK)
  expect(world.stock.reserved).toBe(0)
  if (world.vouchedForParcel) expect(['dispatched', 'delivered']).toContain(world.shipments.state)
  expect(world.shipments.state === 'delivered' || world.vouchedForParcel).toBe(stands)
}

test('whatever happens in whatever order, the order ends once, and money and stock agree with its end', () => {
  fc.assert(
    fc.property(
      coordination,
      fc.array(fc.oneof(...ordinary), { maxLength: 80, size: 'max' }),
      asManyAsFitNow((style, happenings) => {
        const world = new World(style)
        for (const it of happenings) happen(world, it)
        world.settle()
        expectAgreement(world)
      }),
    ),
    { numRuns: 2_000 },
  )
})

test('nothing that an operator can click, whatever else happens, loses money or stock', () => {
  const happening = fc.oneof(
    ...ordinary,
    { weight: 12, arbitrary: fc.record({ asked }) },
    { weight: 2, arbitrary: fc.record({ silences }) },
    { weight: 2, arbitrary: fc.record({ outage: participant }) },
  )
  // Most troubles need an order that has come some way.
  const headStart = fc.nat({ max: 8 })
  fc.assert(
    fc.property(
      coordination,
      headStart,
      fc.array(happening, { maxLength: 80, size: 'max' }),
      asManyAsFitNow((style, rounds, happenings) => {
        const world = new World(style)
        for (const participant of world.participants) participant.patience = Number.POSITIVE_INFINITY
        for (let round = 0; round < rounds; round++) {
          world.prosper()
          if (round > 3) world.shipments.move()
        }
        for (const it of happenings) happen(world, it)
        world.settle()
        expectAgreement(world)
      }),
    ),
    { numRuns: 3_000 },
  )
})
