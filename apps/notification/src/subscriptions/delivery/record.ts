import { Consequences, type SwitchedOffBecause } from '#libs/contracts'
import { storableText, type UnitOfWork } from '#libs/database'
import { Outbox } from '#libs/outbox'
import { onRecord } from '#libs/service'
import { type Attempt, isDead, nextAttempt, type Patience, SUSPICIOUS } from '../../domain/subscriptions/attempt.ts'
import type { DueDelivery } from '../sql/claim-deliveries.ts'
import {
  type AttemptRow,
  type Failing,
  recordAttempts,
  recordConfirmed,
  recordFailing,
  recordRecovered,
  recordSwitchedOff,
} from '../sql/record-attempts.ts'
import { beginEpoch } from '../sql/write-subscriptions.ts'

export interface Made {
  readonly delivery: DueDelivery
  readonly attempt: Attempt
}

/** An endpoint that fails is tried this much more often than a delivery to it: to notice that it is back. */
const PROBES = 60
const LONGEST_ERROR = 500

/**
 * Records how attempts ended and what follows for their subscriptions: active once the endpoint has said so, left alone
 * for a while, or switched off, which is told to the world. Answers whether subscriptions are not what they were.
 */
export const recordMade = async (
  uow: UnitOfWork,
  owner: string,
  patience: Patience,
  made: readonly Made[],
): Promise<boolean> => {
  const rows = made.map((each) => rowOf(each, patience, uow.now))
  const ours = await recordAttempts(uow, owner, rows, uow.now)
  const recorded = made.filter(({ delivery }) => ours.has(delivery.id))
  const idsOf = (which: (each: Made) => boolean): string[] => [
    ...new Set(recorded.filter(which).map(({ delivery }) => delivery.subscriptionId)),
  ]
  const confirmed = idsOf(({ delivery, attempt }) => attempt.result === 'delivered' && delivery.kind === 'confirm')
  const answered = idsOf(isTaken)
  const failed = recorded.filter((each) => !isTaken(each) && !answered.includes(each.delivery.subscriptionId))
  if (answered.length > 0) await recordRecovered(uow, answered)
  const off = failed.length > 0 ? await switchOff(uow, patience, failed) : 0
  if (confirmed.length === 0 && off === 0) return false
  await beginEpoch(uow)
  if (confirmed.length > 0) await recordConfirmed(uow, confirmed, uow.now)
  return true
}

/** By whoever is at the other end, who therefore is there; what a reader makes of a question is another matter. */
const isTaken = ({ attempt }: Made): boolean => attempt.result === 'delivered' || attempt.result === 'asked'

const rowOf = ({ delivery, attempt }: Made, patience: Patience, now: Date): AttemptRow => {
  const { id, attempts, giveUpAt } = delivery
  const ends = { id, inMs: 0, status: null, error: null, isSent: false }
  if (attempt.result === 'delivered') return { ...ends, state: 'delivered', status: attempt.status ?? null }
  if (attempt.result === 'asked')
    return { ...ends, state: 'pending', inMs: Math.max(0, giveUpAt.getTime() - now.getTime()), isSent: true }
  const error = storableText(attempt.error, LONGEST_ERROR)
  if (attempt.result === 'unanswered') return { ...ends, state: 'failed', error }
  const status = attempt.status ?? null
  const retryAfterMs = attempt.result === 'failed' ? (attempt.retryAfterMs ?? 0) : 0
  const next = nextAttempt(patience, { attempts: attempts + 1, retryAfterMs, giveUpAt, now })
  const isOver = next === 'give up' || attempt.result === 'gone'
  return { ...ends, status, error, ...(isOver ? { state: 'failed' } : { state: 'pending', inMs: next.inMs }) }
}

/** Switches off whoever is dead by now, and answers how many that were. */
const switchOff = async (uow: UnitOfWork, patience: Patience, failed: readonly Made[]): Promise<number> => {
  const counts = new Map<string, number>()
  const last = new Map<string, Made>()
  for (const made of failed) {
    const { subscriptionId } = made.delivery
    counts.set(subscriptionId, (counts.get(subscriptionId) ?? 0) + 1)
    const known = last.get(subscriptionId)
    if (known === undefined || endsMore(made, known, patience, uow.now)) last.set(subscriptionId, made)
  }
  const { firstRetryMs: firstMs, longestRetryMs } = patience
  const longestMs = Math.max(firstMs, longestRetryMs / PROBES)
  const failing = await recordFailing(uow, counts, { suspicious: SUSPICIOUS, firstMs, longestMs }, uow.now)
  let off = 0
  for (const each of failing) {
    const made = last.get(each.id)!
    const reason = endOf(each, made, patience, uow.now)
    if (reason === undefined) continue
    off += await recordSwitchedOff(uow, each.id, reason, uow.now)
    tell(uow, each, made, reason)
  }
  return off
}

/** Of several attempts the one that says most of the endpoint: that it is gone, or that a delivery was given up. */
const endsMore = (made: Made, known: Made, patience: Patience, now: Date): boolean =>
  known.attempt.result !== 'gone' && (made.attempt.result === 'gone' || rowOf(made, patience, now).state === 'failed')

const endOf = (
  { state, failingSince }: Failing,
  made: Made,
  patience: Patience,
  now: Date,
): SwitchedOffBecause | undefined => {
  if (made.attempt.result === 'gone') return 'endpoint_gone'
  const gaveUp = rowOf(made, patience, now).state === 'failed'
  if (state === 'confirming') return gaveUp ? 'not_confirmed' : undefined
  return isDead(patience, failingSince, now, gaveUp) ? 'endpoint_dead' : undefined
}

const tell = (
  uow: UnitOfWork,
  { id, to, failingSince }: Failing,
  { delivery, attempt }: Made,
  reason: SwitchedOffBecause,
): void => {
  const lastError = 'error' in attempt ? attempt.error : ''
  const cause = { id: `${delivery.id} ${failingSince.toISOString()}`, correlationId: id }
  const consequences = new Consequences(cause, '/waybill/notification', uow.now)
  const data = { subscriptionId: id, to, reason, failingSince: failingSince.toISOString(), lastError }
  uow.part(Outbox).add(consequences.message('subscription.switched-off', { subject: id, key: id, data }))
  const deed = { actor: 'system:notification', action: 'subscription.switch-off', target: `subscription/${id}` }
  onRecord(uow, { ...deed, detail: `${reason}: ${lastError}` })
}
