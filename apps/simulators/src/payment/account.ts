import type { Answer } from '../answers.ts'

export type Operation =
  | { operation: 'authorize'; orderId: string; amount: number; currency: string; token: string }
  | { operation: 'capture'; orderId: string; authorizationId: string; amount: number; currency: string }
  | { operation: 'void'; orderId: string }
  | { operation: 'refund'; orderId: string; captureId: string; amount: number; currency: string }

export type Effect =
  | { type: 'authorized'; authorizationId: string; amount: number; currency: string; declinesCapture: boolean }
  | { type: 'captured'; authorizationId: string; captureId: string; amount: number; currency: string }
  | { type: 'voided'; amount: number; currency: string }
  | { type: 'refunded'; captureId: string; refundId: string; amount: number; currency: string }

interface Authorization {
  readonly authorizationId: string
  readonly amount: number
  readonly currency: string
  readonly declinesCapture: boolean
  readonly voided: boolean
  readonly captureId?: string
  readonly captured: number
  readonly refunded: number
}

/**
 * What the provider knows of one order (the merchant's reference). A second authorization with another key is a second
 * authorization: a provider does not hide its clients' mistakes.
 */
export interface Account {
  /** No authorization is given any more. */
  readonly voided: boolean
  readonly authorizations: readonly Authorization[]
}

export const NO_ACCOUNT: Account = { voided: false, authorizations: [] }

/** ISO 4217 for "no currency": of a void that found nothing to void. */
export const NO_CURRENCY = 'XXX'

export interface Decision {
  readonly answer: Answer
  /** None: refused, nothing happened. */
  readonly effect?: Effect
}

/** @param chance the id for what comes into being, and whether the card issuer says no. */
export const decide = (account: Account, operation: Operation, chance: { id: string; declines: boolean }): Decision => {
  switch (operation.operation) {
    case 'authorize':
      return authorize(account, operation, chance)
    case 'capture':
      return capture(account, operation, chance.id)
    case 'void':
      return voidOrder(account)
    case 'refund':
      return refund(account, operation, chance.id)
  }
}

type Of<Name extends Operation['operation']> = Extract<Operation, { operation: Name }>

/** `tok_timeout` and the first attempt of `tok_flaky` fail before they get here; what gets here authorizes. */
const KNOWN_TOKENS = new Set(['tok_ok', 'tok_declined', 'tok_flaky', 'tok_timeout', 'tok_capture_declined'])

const authorize = (
  account: Account,
  { amount, currency, token }: Of<'authorize'>,
  { id, declines }: { id: string; declines: boolean },
): Decision => {
  if (account.voided) return refused(409, 'order_voided', 'the order was voided')
  if (!KNOWN_TOKENS.has(token)) return refused(402, 'invalid_token', 'the payment token is not known')
  if (token === 'tok_declined' || declines) return refused(402, 'card_declined', 'the card was declined')
  if (account.authorizations.some((other) => other.currency !== currency))
    return refused(422, 'currency_mismatch', 'the order was authorized in another currency')
  const authorizationId = `auth_${id}`
  return {
    answer: { status: 201, body: { authorizationId, status: 'authorized', amount, currency } },
    effect: {
      type: 'authorized',
      authorizationId,
      amount,
      currency,
      declinesCapture: token === 'tok_capture_declined',
    },
  }
}

const capture = (account: Account, { authorizationId, amount, currency }: Of<'capture'>, id: string): Decision => {
  const authorization = account.authorizations.find((candidate) => candidate.authorizationId === authorizationId)
  if (!authorization) return refused(409, 'not_authorized', 'the order has no such authorization')
  if (authorization.voided) return refused(409, 'order_voided', 'the authorization was voided')
  if (authorization.captureId) return refused(409, 'already_captured', 'the authorization was captured before')
  if (currency !== authorization.currency || amount > authorization.amount)
    return refused(409, 'amount_exceeds_authorization', 'more than was authorized, or another currency')
  if (authorization.declinesCapture) return refused(402, 'capture_declined', 'the card issuer declined the capture')
  const captureId = `cap_${id}`
  return {
    answer: { status: 201, body: { captureId, status: 'captured', amount, currency } },
    effect: { type: 'captured', authorizationId, captureId, amount, currency },
  }
}

/** Also before any authorization: the one that may still be on its way will be refused. */
const voidOrder = (account: Account): Decision => {
  if (account.authorizations.some(({ captureId }) => captureId))
    return refused(409, 'already_captured', 'what was captured can only be refunded')
  const open = account.authorizations.filter(({ voided }) => !voided)
  return {
    answer: { status: 200, body: { status: 'voided', voided: account.authorizations.length > 0 } },
    effect: {
      type: 'voided',
      amount: open.reduce((sum, { amount }) => sum + amount, 0),
      currency: account.authorizations[0]?.currency ?? NO_CURRENCY,
    },
  }
}

const refund = (account: Account, { captureId, amount, currency }: Of<'refund'>, id: string): Decision => {
  const captured = account.authorizations.find((candidate) => candidate.captureId === captureId)
  if (!captured) return refused(409, 'not_captured', 'the order has no such capture')
  if (currency !== captured.currency || amount > captured.captured - captured.refunded)
    return refused(409, 'amount_exceeds_capture', 'more than was captured and not yet refunded, or another currency')
  const refundId = `ref_${id}`
  return {
    answer: { status: 201, body: { refundId, status: 'refunded', amount, currency } },
    effect: { type: 'refunded', captureId, refundId, amount, currency },
  }
}

const refused = (status: 402 | 409 | 422, code: string, detail: string): Decision => ({
  answer: { status, code, detail },
})

export const evolve = (account: Account, effect: Effect): Account => {
  switch (effect.type) {
    case 'authorized': {
      const { authorizationId, amount, currency, declinesCapture } = effect
      const added = { authorizationId, amount, currency, declinesCapture, voided: false, captured: 0, refunded: 0 }
      return { ...account, authorizations: account.authorizations.concat(added) }
    }
    case 'captured':
      return change(
        account,
        effect.authorizationId,
        ({ authorizationId }) => authorizationId,
        () => ({
          captureId: effect.captureId,
          captured: effect.amount,
        }),
      )
    case 'voided':
      return { voided: true, authorizations: account.authorizations.map((one) => ({ ...one, voided: true })) }
    case 'refunded':
      return change(
        account,
        effect.captureId,
        ({ captureId }) => captureId,
        ({ refunded }) => ({
          refunded: refunded + effect.amount,
        }),
      )
  }
}

const change = (
  account: Account,
  id: string,
  idOf: (authorization: Authorization) => string | undefined,
  changes: (authorization: Authorization) => Partial<Authorization>,
): Account => ({
  ...account,
  authorizations: account.authorizations.map((one) => (idOf(one) === id ? { ...one, ...changes(one) } : one)),
})
