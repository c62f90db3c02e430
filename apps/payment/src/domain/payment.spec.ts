import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, isRefusal } from '#libs/decider'
import { decide, isUnderWay, type Operation, type PaymentInput, paymentDecider } from './decide.ts'
import type { Payment, PaymentEvent } from './payment.ts'
import { reactionTo } from './reaction.ts'

const orderId = '0b7e1d62-7d0a-5b1e-9f5c-2f8f6c1d9a01'
const about = { orderId, customerId: 'cust-0001' }
const amount = { amount: 1780, currency: 'EUR' }
const nothing = { amount: 0, currency: 'XXX' }

const authorize: PaymentInput = { type: 'authorize', data: { ...about, amount, token: 'tok_ok' } }
const capture: PaymentInput = { type: 'capture', data: about }
const voiding: PaymentInput = { type: 'void', data: about }
const refund: PaymentInput = { type: 'refund', data: about }
const done = (operation: Operation): PaymentInput => answered(operation, DONE)
const refused = (operation: Operation, code: string): PaymentInput => answered(operation, { outcome: 'refused', code })
const failed = (operation: Operation): PaymentInput => answered(operation, { outcome: 'failed', reason: 'timeout' })
const DONE = {
  outcome: 'done',
  authorizationId: 'auth-1',
  captureId: 'cap-1',
  released: true,
  refundId: 'ref-1',
} as const
type AnyAnswer = typeof DONE | { outcome: 'refused'; code: string } | { outcome: 'failed'; reason: 'timeout' }
const answered = (operation: Operation, answer: AnyAnswer, returnId = 'return-1'): PaymentInput => ({
  type: 'answered',
  operation,
  returnId,
  answer,
})
const refundReturn = (returnId: string, minor: number): PaymentInput => ({
  type: 'refundReturn',
  data: { ...about, returnId, amount: { amount: minor, currency: 'EUR' } },
})
const partDone = (returnId: string) => answered('refund-return', DONE, returnId)
const partFailed = (returnId: string) => answered('refund-return', { outcome: 'failed', reason: 'timeout' }, returnId)

/** What the world gets to know of an event: the call to the provider or the fact. */
const outputs = (event: PaymentEvent, payment: Payment): string[] => {
  const reaction = reactionTo(event, payment)
  if (reaction === undefined) return []
  if ('call' in reaction) return [`call ${reaction.call.kind}`]
  const { type, data } = reaction.fact
  return ['operation' in data ? `${type} ${data.operation}` : type]
}

const run = (payment: Payment, input: PaymentInput): { payment: Payment; outputs: string[] } => {
  const decision = decide(Object.freeze(payment), input)
  if (isRefusal(decision)) return { payment, outputs: [`refused ${decision.refused}`] }
  const all: string[] = []
  for (const event of decision) {
    payment = paymentDecider.evolve(payment, event)
    all.push(...outputs(event, payment))
  }
  return { payment, outputs: all }
}

/** Given these inputs, what follows the last one. */
const following = (...inputs: PaymentInput[]): string[] => {
  let payment = paymentDecider.initial
  let last: string[] = []
  for (const input of inputs) ({ payment, outputs: last } = run(payment, input))
  return last
}

describe('authorizing', () => {
  test('asks the provider once, however often it is asked for', () => {
    expect(following(authorize)).toEqual(['call authorize'])
    expect(following(authorize, authorize)).toEqual([])
  })
  test('tells how it ended, and again whoever asks again', () => {
    expect(following(authorize, done('authorize'))).toEqual(['payment.authorized'])
    expect(following(authorize, done('authorize'), authorize)).toEqual(['payment.authorized'])
    expect(following(authorize, refused('authorize', 'card_declined'))).toEqual(['payment.declined authorize'])
    expect(following(authorize, refused('authorize', 'card_declined'), authorize)).toEqual([
      'payment.declined authorize',
    ])
  })
  test('without a usable answer is tried again when it is asked for again', () => {
    expect(following(authorize, failed('authorize'))).toEqual(['payment.failed authorize'])
    expect(following(authorize, failed('authorize'), authorize)).toEqual(['call authorize'])
  })
})

describe('capturing', () => {
  test('takes an authorized payment, once', () => {
    expect(following(authorize, done('authorize'), capture)).toEqual(['call capture'])
    expect(following(authorize, done('authorize'), capture, capture)).toEqual([])
    expect(following(authorize, done('authorize'), capture, done('capture'))).toEqual(['payment.captured'])
    expect(following(authorize, done('authorize'), capture, done('capture'), capture)).toEqual(['payment.captured'])
  })
  test('is refused while nothing is authorized', () => {
    expect(following(capture)).toEqual(['refused nothing_to_capture'])
    expect(following(authorize, refused('authorize', 'card_declined'), capture)).toEqual(['refused nothing_to_capture'])
  })
  test('that was declined is not asked for again; one without an answer is', () => {
    const captured = [authorize, done('authorize'), capture]
    expect(following(...captured, refused('capture', 'expired'))).toEqual(['payment.declined capture'])
    expect(following(...captured, refused('capture', 'expired'), capture)).toEqual(['payment.declined capture'])
    expect(following(...captured, failed('capture'))).toEqual(['payment.failed capture'])
    expect(following(...captured, failed('capture'), capture)).toEqual(['call capture'])
  })
})

describe('undoing', () => {
  test('voids what is authorized and refunds what is captured, whichever word is used', () => {
    for (const undo of [voiding, refund]) {
      expect(following(authorize, done('authorize'), undo)).toEqual(['call void'])
      expect(following(authorize, done('authorize'), capture, done('capture'), undo)).toEqual(['call refund'])
    }
    expect(following(authorize, done('authorize'), voiding, done('void'))).toEqual(['payment.voided'])
    expect(following(authorize, done('authorize'), capture, done('capture'), refund, done('refund'))).toEqual([
      'payment.refunded',
    ])
  })
  test('needs no provider when nothing was authorized', () => {
    expect(decide({ status: 'none' }, voiding)).toEqual([{ type: 'Voided', data: { ...about, released: nothing } }])
    expect(following(authorize, refused('authorize', 'card_declined'), voiding)).toEqual(['payment.voided'])
    expect(following(refund)).toEqual(['refused nothing_to_refund'])
  })
  test('blocks every later authorization', () => {
    expect(following(voiding, authorize)).toEqual(['payment.voided'])
    expect(following(authorize, done('authorize'), voiding, done('void'), authorize)).toEqual(['payment.voided'])
  })
  test('waits for the outcome of a call under way', () => {
    expect(following(authorize, voiding)).toEqual([])
    expect(following(authorize, voiding, done('authorize'))).toEqual(['payment.authorized', 'call void'])
    expect(following(authorize, voiding, refused('authorize', 'no'))).toEqual([
      'payment.declined authorize',
      'payment.voided',
    ])
    expect(following(authorize, voiding, failed('authorize'))).toEqual(['payment.failed authorize', 'call void'])
    const capturing = [authorize, done('authorize'), capture, voiding, voiding]
    expect(following(...capturing, done('capture'))).toEqual(['payment.captured', 'call refund'])
    expect(following(...capturing, refused('capture', 'expired'))).toEqual(['payment.declined capture', 'call void'])
    expect(following(...capturing, failed('capture'))).toEqual(['payment.failed capture', 'call void'])
  })
  test('finds out whether a capture without an answer took place', () => {
    const unknown = [authorize, done('authorize'), capture, failed('capture'), voiding]
    expect(following(...unknown)).toEqual(['call void'])
    const asked = [...unknown, refused('void', 'already_captured')]
    expect(following(...asked)).toEqual(['call capture'])
    expect(following(...asked, done('capture'))).toEqual(['payment.captured', 'call refund'])
  })
  test('that the provider refuses for good is said so, and is asked for again when somebody insists', () => {
    const unsure = [authorize, failed('authorize'), voiding, refused('void', 'already_captured')]
    expect(following(...unsure)).toEqual(['payment.declined void'])
    expect(following(...unsure, voiding)).toEqual(['call void'])
    const refunding = [authorize, done('authorize'), capture, done('capture'), refund]
    expect(following(...refunding, refused('refund', 'not_captured'))).toEqual(['payment.declined refund'])
    expect(following(...refunding, refused('refund', 'not_captured'), refund)).toEqual(['call refund'])
  })
  test('that got no usable answer is tried again when it is asked for again', () => {
    expect(following(authorize, done('authorize'), voiding, failed('void'))).toEqual(['payment.failed void'])
    expect(following(authorize, done('authorize'), voiding, failed('void'), voiding)).toEqual(['call void'])
    const refunding = [authorize, done('authorize'), capture, done('capture'), refund]
    expect(following(...refunding, failed('refund'))).toEqual(['payment.failed refund'])
    expect(following(...refunding, failed('refund'), voiding)).toEqual(['call refund'])
  })
})

test('an answer that nobody waits for is refused, not applied', () => {
  expect(following(done('capture'))).toEqual(['refused unexpected_answer'])
  expect(following(authorize, done('capture'))).toEqual(['refused unexpected_answer'])
})

describe('refunding a return', () => {
  const captured = [authorize, done('authorize'), capture, done('capture')]

  test('gives back a part, once for each return, and says so again', () => {
    expect(following(...captured, refundReturn('a', 800))).toEqual(['call refund-return'])
    expect(following(...captured, refundReturn('a', 800), refundReturn('a', 800))).toEqual([])
    expect(following(...captured, refundReturn('a', 800), partDone('a'))).toEqual(['payment.return-refunded'])
    expect(following(...captured, refundReturn('a', 800), partDone('a'), refundReturn('a', 800))).toEqual([
      'payment.return-refunded',
    ])
    expect(following(...captured, refundReturn('a', 800), refundReturn('b', 980))).toEqual(['call refund-return'])
  })

  test('never gives back more than was captured, whatever the provider has answered so far', () => {
    expect(following(...captured, refundReturn('a', 1781))).toEqual(['refused more_than_captured'])
    expect(following(...captured, refundReturn('a', 1000), refundReturn('b', 781))).toEqual([
      'refused more_than_captured',
    ])
    const undone = [...captured, refundReturn('a', 1000), partFailed('a'), refund, done('refund')]
    expect(undone.reduce((payment, input) => run(payment, input).payment, paymentDecider.initial)).toMatchObject({
      status: 'refunded',
      parts: { a: { status: 'unknown', amount: { amount: 1000 } } },
    })
    expect(following(...undone, refundReturn('b', 1))).toEqual(['refused nothing_to_refund'])
    expect(following(...undone, refundReturn('a', 1000))).toEqual(['call refund-return'])
  })

  test('is asked for again when the provider gave no usable answer', () => {
    const failing = [...captured, refundReturn('a', 800), partFailed('a')]
    expect(following(...failing)).toEqual(['payment.return-refund-failed'])
    expect(following(...failing, refundReturn('a', 800))).toEqual(['call refund-return'])
    expect(following(...failing, refundReturn('a', 800), partDone('a'))).toEqual(['payment.return-refunded'])
    expect(following(...captured, partDone('a'))).toEqual(['refused unexpected_answer'])
  })

  test('needs something that was captured', () => {
    expect(following(authorize, done('authorize'), refundReturn('a', 1))).toEqual(['refused nothing_to_refund'])
  })

  test('what is refunded as a whole after it is the rest', () => {
    const payment = [...captured, refundReturn('a', 800), partDone('a')].reduce(
      (payment, input) => run(payment, input).payment,
      paymentDecider.initial,
    )
    const [event] = decide(payment, refund) as PaymentEvent[]
    const reaction = reactionTo(event!, paymentDecider.evolve(payment, event!))
    expect(reaction).toMatchObject({ call: { payload: { amount: { amount: 980 } } } })
  })
})

/** A provider that keeps a ledger, and loses answers after doing or not doing what it was asked for. */
class Provider {
  state: 'nothing' | 'authorized' | 'captured' | 'voided' | 'refunded' = 'nothing'

  answer(operation: Operation, luck: 'answers' | 'declines' | 'loses_question' | 'loses_answer'): AnyAnswer {
    if (luck === 'loses_question') return { outcome: 'failed', reason: 'timeout' }
    const answer = this.#perform(operation, luck === 'declines')
    return luck === 'loses_answer' ? { outcome: 'failed', reason: 'timeout' } : answer
  }

  #perform(operation: Operation, declines: boolean): AnyAnswer {
    const goes = (from: Provider['state'][], to: Provider['state'], code: string): AnyAnswer => {
      if (!from.includes(this.state)) return { outcome: 'refused', code }
      this.state = to
      return DONE
    }
    switch (operation) {
      case 'authorize':
        if (declines && this.state === 'nothing') return { outcome: 'refused', code: 'card_declined' }
        return goes(['nothing', 'authorized'], 'authorized', 'order_voided')
      case 'capture':
        if (declines && this.state === 'authorized') return { outcome: 'refused', code: 'expired' }
        return goes(['authorized', 'captured'], 'captured', 'order_voided')
      case 'void':
        return goes(['nothing', 'authorized', 'voided'], 'voided', 'already_captured')
      case 'refund':
      case 'refund-return':
        return goes(['captured', 'refunded'], 'refunded', 'not_captured')
    }
  }
}

const anything = fc.oneof(
  fc.constantFrom<PaymentInput>(authorize, capture, voiding, refund),
  fc.constantFrom<'answers' | 'declines' | 'loses_question' | 'loses_answer'>(
    'answers',
    'declines',
    'loses_question',
    'loses_answer',
  ),
)

test('whatever is asked in whatever order, what we say of the money is what the provider did with it', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 30 }), (steps) => {
      const provider = new Provider()
      let payment = paymentDecider.initial
      const calls: Operation[] = []
      const take = (input: PaymentInput) => {
        const decision = decide(payment, input)
        if (isRefusal(decision)) return
        for (const event of decision) {
          payment = paymentDecider.evolve(payment, event)
          const reaction = reactionTo(event, payment)
          if (reaction !== undefined && 'call' in reaction) calls.push(reaction.call.kind)
        }
      }
      const answer = (luck: 'answers' | 'declines' | 'loses_question' | 'loses_answer') => {
        const operation = calls.shift()
        if (operation !== undefined) take(answered(operation, provider.answer(operation, luck)))
      }
      for (const step of steps) {
        if (typeof step === 'string') answer(step)
        else take(step)
        expect(calls.length, 'one call at a time').toBe(isUnderWay(payment) ? 1 : 0)
      }
      // From wherever this has led to, undoing with a provider that answers leaves no money with us.
      while (calls.length > 0) answer('answers')
      take(voiding)
      while (calls.length > 0) answer('answers')
      expect(['voided', 'refunded']).toContain(payment.status)
      expect(['nothing', 'voided', 'refunded']).toContain(provider.state)
      if (payment.status === 'refunded') expect(provider.state).toBe('refunded')
    }),
    { numRuns: 2_000 },
  )
})

test('a stream is folded without changing anything in it', () => {
  const events: PaymentEvent[] = [
    { type: 'AuthorizationRequested', data: Object.freeze({ ...about, amount, token: 'tok_ok' }) },
    { type: 'Authorized', data: Object.freeze({ authorizationId: 'auth-1' }) },
  ]
  expect(fold(paymentDecider, events.map(Object.freeze) as PaymentEvent[])).toMatchObject({ status: 'authorized' })
})
