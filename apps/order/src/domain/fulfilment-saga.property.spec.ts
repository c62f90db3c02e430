import fc from 'fast-check'
import { expect, test } from 'vitest'
import { terminalStatuses } from '#libs/contracts'
import { fold, isRefusal } from '#libs/decider'
import type { Fact } from './answers.ts'
import { orderDecider } from './decide.ts'
import {
  commandOf,
  type FulfilmentInput,
  fulfilmentSaga,
  orderCommandFor,
  statusOf,
  wakeAt,
} from './fulfilment-saga.ts'
import type { Order } from './order.ts'
import { type OrderToFulfil, type SagaCommand } from './steps.ts'

/** How a participant fares with a command; the two failures differ in whether the work was done all the same. */
type Luck = 'works' | 'refused' | 'fails' | 'works but fails to say so'

const about = { orderId: '0b7a3e0e-6a2f-5c3d-9d57-1a2b3c4d5e6f', customerId: 'cust-0001' }
const PRICE = 1780
const total = { amount: PRICE, currency: 'EUR' }
const STOCK = 5
const lines = [{ sku: 'MUG', quantity: 2 }]
const address = { name: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' }
const order: OrderToFulfil = { ...about, total, token: 'tok', address, lines, coordination: 'orchestrated' }
const parcel = { ...about, shipmentId: 's1', trackingNumber: 'T1' }

/**
 * A participant meets its commands one by one and acts once per order. While partitions are added a later command, or
 * fact, may overtake an earlier one.
 */
abstract class Participant {
  readonly inbox: SagaCommand[] = []
  readonly facts: Fact[] = []
  /** Undoing may fail for a while, but not for good: that ends in front of a human. */
  #patience = 5

  handle(luck: Luck, pick = 0): void {
    const [command] = this.inbox.splice(pick % Math.max(this.inbox.length, 1), 1)
    if (command === undefined) return
    const undoing = ['payment.void', 'payment.refund', 'stock.release', 'shipment.cancel'].includes(command.type)
    if (undoing && luck !== 'works' && (luck === 'refused' || this.#patience-- <= 0)) luck = 'works'
    const answers = this.act(command.type, luck)
    this.facts.push(...(answers as Fact[]))
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
  state: 'none' | 'booked' | 'impossible' | 'cancelled' | 'dispatched' | 'delivered' = 'none'
  #handedOver = false

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

  constructor() {
    const details = { ...order, items: [], payment: { token: 'tok' }, shippingAddress: address }
    this.#command({ type: 'place', details })
    this.#tell({ at: this.at, type: 'start', order })
  }

  cancel(): void {
    if (!this.#command({ type: 'requestCancellation' })) return
    this.#tell({ at: this.at, type: 'cancel' })
  }

  passTime(): boolean {
    const due = wakeAt(this.saga)
    if (due === undefined) return false
    if (due > this.at) this.at = due
    this.#tell({ at: this.at, type: 'deadline' })
    return true
  }

  receive(from: Participant, pick = 0): void {
    const [fact] = from.facts.splice(pick % Math.max(from.facts.length, 1), 1)
    if (fact === undefined) return
    this.history.push(fact)
    this.#tell({ at: this.at, ...fact })
  }

  /** A participant answered a command that had been repeated. */
  receiveAgain(pick: number): void {
    const fact = this.history[pick % Math.max(this.history.length, 1)]
    if (fact !== undefined) this.#tell({ at: this.at, ...fact })
  }

  /** Everything works from now on, and everything that is under way arrives. */
  settle(): void {
    for (let round = 0; round < 500; round++) {
      for (const participant of this.participants) {
        participant.handle('works')
        this.receive(participant)
      }
      const idle = this.participants.every(({ inbox, facts }) => inbox.length + facts.length === 0)
      if (idle && this.saga.ended !== undefined) return
      if (idle) this.shipments.move()
      if (idle && this.shipments.facts.length === 0 && !this.passTime()) return
    }
  }

  #tell(input: FulfilmentInput): void {
    const events = fulfilmentSaga.decide(this.saga, input)
    this.saga = fold(fulfilmentSaga, events, this.saga)
    for (const event of events) {
      const sent = commandOf(event, order)
      if (sent !== undefined) this.#send(sent)
      const command = orderCommandFor(event)
      if (command !== undefined) expect(this.#command(command), `${command.type} is in turn`).toBe(true)
    }
  }

  #send(command: SagaCommand): void {
    const to = { payment: this.payments, stock: this.stock, shipment: this.shipments }
    to[command.type.split('.')[0] as keyof typeof to].inbox.push(command)
  }

  #command(command: Parameters<typeof orderDecider.decide>[1]): boolean {
    const decision = orderDecider.decide(this.order, command)
    if (isRefusal(decision)) return false
    this.order = fold(orderDecider, decision, this.order)
    for (const { type } of decision)
      if (['OrderCompleted', 'OrderRejected', 'OrderCancelled'].includes(type)) this.ends.push(type)
    return decision.length > 0 || command.type === 'refuseCancellation'
  }
}

const participant = fc.nat({ max: 2 })
/** Mostly all is well, or else no order would get far enough for the rest to matter. */
const luck = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Luck>('works') },
  { weight: 2, arbitrary: fc.constantFrom<Luck>('refused', 'fails', 'works but fails to say so') },
)
/** Mostly the first that waits. */
const pick = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) })
const happening = fc.oneof(
  { weight: 12, arbitrary: fc.record({ handles: participant, luck, pick }) },
  { weight: 12, arbitrary: fc.record({ received: participant, pick }) },
  { weight: 1, arbitrary: fc.record({ receivedAgain: fc.nat() }) },
  { weight: 3, arbitrary: fc.constantFrom({ carrier: 'reports' } as const, { carrier: 'moves unreported' } as const) },
  { weight: 3, arbitrary: fc.constant({ time: 'passes' } as const) },
  { weight: 1, arbitrary: fc.constant({ customer: 'cancels' } as const) },
)

test('whatever happens in whatever order, the order ends once, and money and stock agree with its end', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 80, size: 'max' }), (happenings) => {
      const world = new World()
      for (const it of happenings) {
        if ('handles' in it) world.participants[it.handles]!.handle(it.luck, it.pick)
        else if ('received' in it) world.receive(world.participants[it.received]!, it.pick)
        else if ('receivedAgain' in it) world.receiveAgain(it.receivedAgain)
        else if ('carrier' in it) world.shipments.move(it.carrier === 'reports')
        else if ('time' in it) world.passTime()
        else world.cancel()
      }
      world.settle()

      expect(terminalStatuses).toContain(world.order.status)
      expect(world.ends).toHaveLength(1)
      expect(['completed', 'compensated']).toContain(statusOf(world.saga))
      const stands = world.order.status === 'completed'
      expect(world.payments.kept).toBe(stands ? PRICE : 0)
      expect(world.payments.held).toBe(false)
      expect(world.stock.onHand).toBe(stands ? STOCK - 2 : STOCK)
      expect(world.stock.reserved).toBe(0)
      expect(world.shipments.state === 'delivered').toBe(stands)
    }),
    { numRuns: 2_000 },
  )
})
