import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Account, decide, evolve, NO_ACCOUNT, NO_CURRENCY, type Operation } from './account.ts'

const orderId = 'order-1'
const eur = { orderId, amount: 1_000, currency: 'EUR' }
const authorize = (token = 'tok_ok'): Operation => ({ operation: 'authorize', ...eur, token })
const capture = (authorizationId = 'auth_1', amount = 1_000): Operation => ({
  operation: 'capture',
  ...eur,
  authorizationId,
  amount,
})
const voiding: Operation = { operation: 'void', orderId }
const refund = (amount: number): Operation => ({ operation: 'refund', ...eur, captureId: 'cap_2', amount })

/** The nth operation makes the nth id. */
const given = (...operations: Operation[]): Account =>
  operations.reduce((account, operation, index) => {
    const { effect } = decide(account, operation, { id: String(index + 1), declines: false })
    return effect ? evolve(account, effect) : account
  }, NO_ACCOUNT)
const when = (account: Account, operation: Operation) => decide(account, operation, { id: 'x', declines: false })
const refusedAs = (status: number, code: string) => ({ answer: { status, code, detail: expect.any(String) } })

describe('payment account', () => {
  test('authorizes, captures and refunds', () => {
    expect(when(NO_ACCOUNT, authorize()).answer).toMatchObject({ status: 201, body: { authorizationId: 'auth_x' } })
    expect(when(given(authorize()), capture()).answer).toMatchObject({ status: 201, body: { captureId: 'cap_x' } })
    expect(when(given(authorize(), capture()), refund(400)).answer).toMatchObject({
      status: 201,
      body: { refundId: 'ref_x', amount: 400 },
    })
  })

  test.each([
    ['tok_declined', 'card_declined'],
    ['tok_unheard_of', 'invalid_token'],
  ])('declines %s', (token, code) => {
    expect(when(NO_ACCOUNT, authorize(token))).toEqual(refusedAs(402, code))
  })

  test('declines whatever the card issuer declines', () => {
    expect(decide(NO_ACCOUNT, authorize(), { id: 'x', declines: true })).toEqual(refusedAs(402, 'card_declined'))
  })

  test('authorizes a card whose capture is then declined', () => {
    expect(when(given(authorize('tok_capture_declined')), capture())).toEqual(refusedAs(402, 'capture_declined'))
  })

  test('a void releases what was authorized and refuses what comes later', () => {
    expect(when(given(authorize()), voiding)).toEqual({
      answer: { status: 200, body: { status: 'voided', voided: true } },
      effect: { type: 'voided', amount: 1_000, currency: 'EUR' },
    })
    expect(when(given(authorize(), voiding), capture())).toEqual(refusedAs(409, 'order_voided'))
    expect(when(given(authorize(), voiding), authorize())).toEqual(refusedAs(409, 'order_voided'))
  })

  test('a void that overtakes its authorization refuses it', () => {
    expect(when(NO_ACCOUNT, voiding)).toEqual({
      answer: { status: 200, body: { status: 'voided', voided: false } },
      effect: { type: 'voided', amount: 0, currency: NO_CURRENCY },
    })
    expect(when(given(voiding), authorize())).toEqual(refusedAs(409, 'order_voided'))
  })

  test('voids nothing twice', () => {
    expect(when(given(authorize(), voiding), voiding)).toMatchObject({
      answer: { body: { voided: true } },
      effect: { amount: 0 },
    })
  })

  test('refuses what does not fit', () => {
    expect(when(NO_ACCOUNT, capture())).toEqual(refusedAs(409, 'not_authorized'))
    expect(when(given(authorize()), capture('auth_1', 1_001))).toEqual(refusedAs(409, 'amount_exceeds_authorization'))
    expect(when(given(authorize(), capture()), capture())).toEqual(refusedAs(409, 'already_captured'))
    expect(when(given(authorize(), capture()), voiding)).toEqual(refusedAs(409, 'already_captured'))
    expect(when(given(authorize()), refund(1))).toEqual(refusedAs(409, 'not_captured'))
    expect(when(given(authorize()), { ...authorize(), currency: 'USD' } as Operation)).toEqual(
      refusedAs(422, 'currency_mismatch'),
    )
  })

  test('never refunds more than was captured', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 20 }), (amounts) => {
        let account = given(authorize(), capture())
        let refunded = 0
        for (const amount of amounts) {
          const { effect } = when(account, refund(amount))
          expect(effect !== undefined).toBe(refunded + amount <= 1_000)
          if (!effect) continue
          refunded += amount
          account = evolve(account, effect)
        }
      }),
    )
  })
})
