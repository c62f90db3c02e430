import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { MAX_TRACKINGS } from '#libs/saga-steps'
import { operateReturn } from './operate-return.ts'
import type { ReturnFact } from './return-answers.ts'
import { type ReturnSagaInput, returnCommandOf, returnSaga, returnStatusOf, returnWakeAt } from './return-saga.ts'
import type { ReturnHandling } from './return-state.ts'
import { type ReturnStep, returnSteps } from './return-steps.ts'

const about = {
  orderId: '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01',
  customerId: 'cust-0001',
  returnId: '7c0f6f0e-5f0b-5b62-8f1e-0d1f6a7b8c90',
}
const [mugs, bowl] = [
  { sku: 'MUG', quantity: 2 },
  { sku: 'BOWL', quantity: 1 },
]
const request = {
  ...about,
  address: { givenName: 'Ada', line1: '1 Main St', city: 'Berlin', postalCode: '10115', country: 'DE' },
  items: [
    { ...mugs!, unitPrice: 890 },
    { ...bowl!, unitPrice: 500 },
  ],
  currency: 'EUR',
}
const at = '2026-01-01T00:00:00.000Z'

const facts = {
  label: { type: 'return.label-issued', data: { ...about, shipmentId: 's', trackingNumber: 'T' } },
  impossible: { type: 'return.impossible', data: { ...about, code: 'impossible' } },
  received: { type: 'return.received', data: about },
  lost: { type: 'return.lost', data: about },
  accepted: { type: 'return.inspected', data: { ...about, accepted: [mugs!, bowl!], refused: [] } },
  partly: { type: 'return.inspected', data: { ...about, accepted: [bowl!], refused: [mugs!] } },
  refused: { type: 'return.inspected', data: { ...about, accepted: [], refused: [mugs!, bowl!] } },
  cancelled: { type: 'return.cancelled', data: about },
  underWay: { type: 'return.cancellation-refused', data: about },
  labelFailed: { type: 'return.failed', data: { ...about, operation: 'label', reason: 'timeout' } },
  restocked: { type: 'stock.returned', data: { ...about, lines: [bowl!] } },
  refunded: {
    type: 'payment.return-refunded',
    data: { ...about, refundId: 'r', amount: { amount: 1, currency: 'EUR' } },
  },
  refundFailed: { type: 'payment.return-refund-failed', data: { ...about, reason: 'error' } },
} satisfies Record<string, ReturnFact>
type Happening = keyof typeof facts | 'silence' | 'call off'

/** A return to which things happen: its state, and the commands that it has sent. */
class Handling {
  state: ReturnHandling = returnSaga.initial
  now = at
  readonly sent: { type: string; data: object }[] = []

  constructor(...happenings: Happening[]) {
    this.handle({ type: 'start', request, at })
    for (const happening of happenings) this.happens(happening)
  }

  happens(happening: Happening): void {
    if (happening === 'silence') this.silence()
    else if (happening === 'call off') this.operate({ type: 'compensate', reason: 'mistake' })
    else this.handle({ ...facts[happening], at: this.now })
  }

  silence(): void {
    this.now = returnWakeAt(this.state) ?? this.now
    this.handle({ type: 'deadline', at: this.now })
  }

  handle(input: ReturnSagaInput): void {
    this.#take(returnSaga.decide(this.state, input))
  }

  operate(
    asked:
      | { type: 'retry'; step: ReturnStep }
      | { type: 'skip'; step: ReturnStep; reason: string }
      | { type: 'compensate'; reason: string },
  ) {
    const decision = operateReturn(this.state, { ...asked, at: this.now })
    if (isRefusal(decision)) return decision.refused
    this.#take(decision)
    return 'accepted'
  }

  #take(events: ReturnType<typeof returnSaga.decide>): void {
    for (const event of events) {
      this.state = JSON.parse(JSON.stringify(returnSaga.evolve(this.state, event)))
      const command = returnCommandOf(event, this.state)
      if (command !== undefined) this.sent.push(command)
    }
  }

  get last() {
    return this.sent.at(-1)!
  }

  get commands() {
    return this.sent.map(({ type }) => type)
  }
}

const inspected = ['label', 'received', 'partly'] as const

describe('the saga of a return', () => {
  test('a label, the parcel, the inspection, then shelf and money side by side', () => {
    const handling = new Handling(...inspected)
    expect(handling.commands).toEqual(['return.issue-label', 'return.inspect', 'stock.return', 'payment.refund-return'])
    expect(handling.sent[2]!.data).toMatchObject({ lines: [bowl] })
    expect(handling.sent[3]!.data).toMatchObject({ amount: { amount: 500, currency: 'EUR' } })
    expect(returnStatusOf(handling.state)).toBe('running')
    for (const order of [
      ['restocked', 'refunded'],
      ['refunded', 'restocked'],
    ] as const) {
      const done = new Handling(...inspected, ...order)
      expect(done.state.ended).toBe('completed')
      expect(returnStatusOf(done.state)).toBe('completed')
      expect(returnWakeAt(done.state)).toBeUndefined()
    }
  })
  test('nothing accepted: nothing goes to the shelf, nothing back', () => {
    const handling = new Handling('label', 'received', 'refused')
    expect(handling.commands).toEqual(['return.issue-label', 'return.inspect'])
    expect(handling.state.ended).toBe('refused')
  })
  test('lost by the carrier: all of it is paid back, and nothing is restocked', () => {
    const handling = new Handling('label', 'lost')
    expect(handling.last).toMatchObject({ type: 'payment.refund-return', data: { amount: { amount: 2280 } } })
    expect(handling.commands).not.toContain('stock.return')
    handling.happens('refunded')
    expect(handling.state.ended).toBe('lost')
  })
  test('no label: the customer keeps the goods', () => {
    const handling = new Handling('impossible')
    expect(handling.state.ended).toBe('impossible')
    expect(returnStatusOf(handling.state)).toBe('compensated')
  })
  test('what fails or is silent is asked for again, in the end a human must look', () => {
    expect(new Handling('labelFailed', 'silence').commands).toEqual(['return.issue-label', 'return.issue-label'])
    const failing = new Handling(...inspected, 'restocked')
    for (let n = 0; n < 10; n++) {
      failing.happens('refundFailed')
      if (n < 9) failing.silence()
    }
    expect(failing.state.steps['refund-return']?.status).toBe('stuck')
    expect(returnStatusOf(failing.state)).toBe('needs_attention')
    expect(failing.operate({ type: 'skip', step: 'refund-return', reason: 'x' })).toBe('not_to_be_vouched_for')
    expect(failing.operate({ type: 'compensate', reason: 'x' })).toBe('already_dispatched')
    expect(failing.operate({ type: 'retry', step: 'refund-return' })).toBe('accepted')
    expect(failing.last.type).toBe('payment.refund-return')
  })
  test('a parcel of which nothing is heard is asked for, then needs attention, and may be asked for again', () => {
    const handling = new Handling('label')
    for (let n = 0; n < MAX_TRACKINGS; n++) handling.silence()
    expect(handling.commands.filter((type) => type === 'return.track')).toHaveLength(MAX_TRACKINGS)
    handling.silence()
    expect(returnStatusOf(handling.state)).toBe('needs_attention')
    expect(handling.operate({ type: 'retry', step: 'fetch-parcel' })).toBe('accepted')
    expect(handling.last.type).toBe('return.track')
    handling.happens('received')
    expect(handling.last.type).toBe('return.inspect')
  })
})

describe('calling a return off', () => {
  test('before the parcel is handed over', () => {
    const handling = new Handling('label', 'call off')
    expect(handling.last.type).toBe('return.cancel')
    expect(returnStatusOf(handling.state)).toBe('compensating')
    expect(handling.operate({ type: 'compensate', reason: 'again' })).toBe('already_undoing')
    handling.happens('cancelled')
    expect(handling.state.ended).toBe('cancelled')
    expect(handling.operate({ type: 'compensate', reason: 'x' })).toBe('already_ended')
  })
  test('too late: the parcel is on its way, and the return goes on', () => {
    const handling = new Handling('label', 'call off', 'underWay', 'received', 'accepted', 'restocked', 'refunded')
    expect(handling.state.ended).toBe('completed')
    expect(new Handling('label', 'call off', 'received', 'underWay').last.type).toBe('return.inspect')
    expect(new Handling('label', 'call off', 'underWay').operate({ type: 'compensate', reason: 'x' })).toBe(
      'already_dispatched',
    )
  })
})

/** Whoever asks twice is told the same twice; the parcel decides for itself. */
class World {
  parcel: 'none' | 'labelled' | 'called off' | 'under way' | 'arrived' | 'lost' = 'none'
  inspected = false
  refunds = 0
  restocks = 0
  amount = 0
  readonly pending: ReturnFact[] = []

  constructor(
    private readonly finding: 'accepted' | 'partly' | 'refused',
    private readonly fate: 'arrives' | 'lost' | 'impossible',
  ) {}

  ask({ type, data }: { type: string; data: object }, fails: boolean): void {
    if (type === 'return.issue-label') {
      if (fails) return void this.pending.push(facts.labelFailed)
      if (this.fate === 'impossible') return void this.pending.push(facts.impossible)
      if (this.parcel === 'called off') return void this.pending.push(facts.cancelled)
      if (this.parcel === 'none') this.parcel = 'labelled'
      this.pending.push(facts.label)
      this.#report()
    } else if (type === 'return.cancel') {
      if (this.parcel === 'none' || this.parcel === 'labelled') this.parcel = 'called off'
      this.pending.push(this.parcel === 'called off' ? facts.cancelled : facts.underWay)
    } else if (type === 'return.track') this.#report()
    else if (type === 'return.inspect') {
      expect(this.parcel).toBe('arrived')
      this.inspected = true
      this.pending.push(facts[this.finding])
    } else if (type === 'stock.return') {
      this.restocks = 1
      this.pending.push(facts.restocked)
    } else if (type === 'payment.refund-return') {
      if (fails) return void this.pending.push(facts.refundFailed)
      this.refunds = 1
      const { amount } = (data as { amount: { amount: number } }).amount
      if (this.amount !== 0) expect(amount).toBe(this.amount)
      this.amount = amount
      this.pending.push(facts.refunded)
    }
  }

  moves(): void {
    if (this.parcel === 'labelled') this.parcel = 'under way'
    else if (this.parcel === 'under way') this.parcel = this.fate === 'lost' ? 'lost' : 'arrived'
    this.#report()
  }

  #report(): void {
    if (this.parcel === 'arrived') this.pending.push(facts.received)
    if (this.parcel === 'lost') this.pending.push(facts.lost)
  }
}

test('whatever happens in whatever order, and whatever an operator clicks, money and goods agree with the end', () => {
  const happening = fc.oneof(
    fc.constantFrom('delivers', 'delivers twice', 'delivers late', 'time', 'moves', 'fails', 'does', 'does'),
    fc.record({ asked: fc.constantFrom('retry', 'skip', 'compensate'), step: fc.constantFrom(...returnSteps) }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('accepted', 'partly', 'refused'),
      fc.constantFrom('arrives', 'lost', 'impossible'),
      fc.array(happening, { maxLength: 60 }),
      (finding, fate, happenings) => {
        const world = new World(finding as 'accepted', fate as 'arrives')
        const handling = new Handling()
        let asked = 0
        const does = (fails = false) => {
          const command = handling.sent[asked]
          if (command !== undefined) world.ask(command, fails)
          if (command !== undefined) asked++
        }
        const deliver = () => {
          const fact = world.pending.shift()
          if (fact !== undefined) handling.handle({ ...fact, at: handling.now })
          return fact
        }
        for (const what of happenings) {
          if (typeof what === 'object') {
            const { asked, step } = what
            handling.operate(asked === 'retry' ? { type: asked, step } : { type: asked, step, reason: 'so' })
          } else if (what === 'does' || what === 'fails') does(what === 'fails')
          else if (what === 'time') handling.silence()
          else if (what === 'moves') world.moves()
          else {
            const fact = deliver()
            if (fact === undefined) continue
            if (what === 'delivers twice') handling.handle({ ...fact, at: handling.now })
            if (what === 'delivers late') world.pending.push(fact)
          }
        }
        // What waits for a person is asked for again; everything under way comes to its end.
        for (let n = 0; n < 300 && handling.state.ended === undefined; n++) {
          world.moves()
          while (asked < handling.sent.length) does()
          while (deliver() !== undefined);
          if (returnStatusOf(handling.state) === 'needs_attention')
            for (const step of returnSteps) handling.operate({ type: 'retry', step })
          handling.silence()
        }
        while (asked < handling.sent.length) does()

        const end = handling.state.ended
        expect(end).toBeDefined()
        const worth = { accepted: 2280, partly: 500, refused: 0 }[finding as 'accepted']
        if (end === 'completed') expect([world.parcel, world.restocks, world.amount]).toEqual(['arrived', 1, worth])
        else if (end === 'lost') expect([world.parcel, world.restocks, world.amount]).toEqual(['lost', 0, 2280])
        else expect([world.restocks, world.refunds]).toEqual([0, 0])
        if (end === 'cancelled') expect(['called off', 'none']).toContain(world.parcel)
        if (end === 'refused') expect(worth).toBe(0)
      },
    ),
    { numRuns: 1_500, interruptAfterTimeLimit: 10_000 },
  )
})

test('the state is what its events add up to', () => {
  const handling = new Handling(...inspected, 'restocked', 'refunded')
  const events = returnSaga.decide(returnSaga.initial, { type: 'start', request, at })
  expect(fold(returnSaga, events).steps).toHaveProperty('fetch-parcel')
  expect(handling.state.ended).toBe('completed')
})
