import { createHash, randomUUID } from 'node:crypto'
import type { UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { onRecord } from '#libs/service'
import { freshSecret } from '#libs/webhooks'
import { mailboxOf, tooOften } from '../domain/subscriptions/asking.ts'
import { type Destination, rotated, type Subscription } from '../domain/subscriptions/subscription.ts'
import type { ChangeOfSubscription, NewSubscription } from './api/subscription-request.ts'
import { isTrueToken, questionIn } from './delivery/confirmation-mail.ts'
import { insertDeliveries, type NewDelivery } from './sql/insert-deliveries.ts'
import { lockDelivery, repeatDelivery } from './sql/list-deliveries.ts'
import { countAsked, findQuestion, recordYes, supersedeQuestions } from './sql/questions.ts'
import { lockSubscription } from './sql/read-subscriptions.ts'
import { recordConfirmed } from './sql/record-attempts.ts'
import { beginEpoch, countSubscriptions, deleteSubscription, putSubscription } from './sql/write-subscriptions.ts'

/** Every transaction that fans out looks at all of them, and each may have deliveries under way at any time. */
export const MOST_SUBSCRIPTIONS = 100
/** In which the limits of `asking.ts` hold. */
const ASKED_WITHIN_MS = 24 * 3_600_000

export type SubscriptionRefusal =
  | 'unknown_subscription'
  | 'unknown_delivery'
  | 'too_many_subscriptions'
  | 'not_a_webhook'
  | 'not_active'
  | 'not_confirming'
  | 'asked_too_often'
  | 'unknown_confirmation'
  | 'confirmation_over'
  | 'not_repeatable'
type Refused = Refusal<SubscriptionRefusal>

export interface CommandTimes {
  readonly giveUpMs: number
  /** Within which a mail address has to say that it wants to be told. */
  readonly confirmMs: number
  readonly secretOverlapMs: number
}

/** What people do to subscriptions, each within the transaction that also keeps the answer. */
export class SubscriptionCommands {
  constructor(
    private readonly times: CommandTimes,
    /** Called after the commit. */
    private readonly onChanged: () => void,
  ) {}

  async create(uow: UnitOfWork, { filter, deliver }: NewSubscription): Promise<Subscription | Refused> {
    await this.#changes(uow)
    if ((await countSubscriptions(uow)) >= MOST_SUBSCRIPTIONS)
      return refuse('too_many_subscriptions', `${MOST_SUBSCRIPTIONS} at most`)
    const { now } = uow
    const secrets = deliver.to === 'queue' ? [] : [{ secret: freshSecret() }]
    return this.#begin(uow, {
      ...{ id: randomUUID(), filter, deliver, secrets },
      ...{ createdAt: now, updatedAt: now },
    })
  }

  /** A subscriber who is moved, or switched on again, has to confirm it anew. */
  async change(uow: UnitOfWork, id: string, change: ChangeOfSubscription): Promise<Subscription | Refused> {
    await this.#changes(uow)
    const found = await lockSubscription(uow, id)
    if (found === undefined) return unknown(id)
    const { filter = found.filter, deliver = found.deliver, state } = change
    const isMoved = JSON.stringify(deliver) !== JSON.stringify(found.deliver)
    const begins =
      state !== 'off' &&
      (isMoved ? found.state !== 'off' || state === 'active' : state === 'active' && found.state === 'off')
    const changed = { ...found, ...{ filter, deliver, secrets: secretsFor(deliver, found), updatedAt: uow.now } }
    if (begins) return this.#begin(uow, changed)
    const kept: Subscription =
      state === 'off' ? { ...changed, ...{ state: 'off', offReason: 'asked', confirmBy: null } } : changed
    await putSubscription(uow, kept)
    if (isMoved || state === 'off') await supersedeQuestions(uow, id)
    return kept
  }

  /** Another mail with another link; the one of before holds no longer. */
  async askAgain(uow: UnitOfWork, id: string): Promise<Subscription | Refused> {
    await this.#changes(uow)
    const found = await lockSubscription(uow, id)
    if (found === undefined) return unknown(id)
    if (found.state !== 'confirming' || found.deliver.to !== 'email')
      return refuse('not_confirming', 'only a mail address that has not said yes yet is asked again')
    return this.#begin(uow, { ...found, updatedAt: uow.now })
  }

  /** What the reader of the mail says by its link, once: the link works no longer then, but may be followed again. */
  async confirm(uow: UnitOfWork, token: string): Promise<Subscription | Refused> {
    const questionId = questionIn(token)
    const asked = questionId === undefined ? undefined : await findQuestion(uow, questionId)
    const secret = asked?.secrets[0]?.secret
    if (questionId === undefined || asked?.deliver.to !== 'email' || secret === undefined) return unknownLink
    if (!isTrueToken(token, { id: questionId, address: asked.deliver.address, secret })) return unknownLink
    await this.#changes(uow)
    const found = await lockSubscription(uow, asked.subscriptionId)
    const question = await lockDelivery(uow, asked.subscriptionId, questionId)
    if (found?.state === 'active' && question?.state === 'delivered') return found
    if (found?.state !== 'confirming' || question?.state !== 'pending' || question.giveUpAt <= uow.now)
      return refuse('confirmation_over', 'this link holds no longer: have another mail sent')
    await recordYes(uow, questionId, uow.now)
    await recordConfirmed(uow, [found.id], uow.now)
    onRecord(uow, { actor: 'subscriber', action: 'subscription.confirm', target: `subscription/${found.id}` })
    return { ...found, state: 'active', confirmBy: null, confirmedAt: uow.now, activeSince: uow.now }
  }

  async remove(uow: UnitOfWork, id: string): Promise<{ readonly id: string } | Refused> {
    await this.#changes(uow)
    if ((await lockSubscription(uow, id)) === undefined) return unknown(id)
    await deleteSubscription(uow, id)
    return { id }
  }

  /** The secret of before signs beside the new one for a while. */
  async rotateSecret(uow: UnitOfWork, id: string): Promise<Subscription | Refused> {
    const found = await lockSubscription(uow, id)
    if (found === undefined) return unknown(id)
    if (found.deliver.to !== 'webhook') return refuse('not_a_webhook', 'only what webhooks are sent is signed')
    const until = new Date(uow.now.getTime() + this.times.secretOverlapMs)
    const changed = { ...found, secrets: rotated(found.secrets, freshSecret(), until), updatedAt: uow.now }
    await putSubscription(uow, changed)
    return changed
  }

  /** The same delivery again, by its id; one that waits for its next attempt is tried now. */
  async repeat(uow: UnitOfWork, id: string, deliveryId: string): Promise<{ readonly deliveryId: string } | Refused> {
    const found = await lockSubscription(uow, id)
    if (found === undefined) return unknown(id)
    if (found.state === 'off') return refuse('not_active', 'switch the subscription on first')
    const delivery = await lockDelivery(uow, id, deliveryId)
    if (delivery === undefined) return refuse('unknown_delivery', `it has no delivery ${deliveryId}`)
    if (found.deliver.to === 'queue' || delivery.kind === 'confirm')
      return refuse('not_repeatable', 'what is in a queue stays there; a question is asked again by switching on')
    // Whoever has it under way makes an attempt that is nobody's any more, and the receiver knows its id.
    await repeatDelivery(uow, deliveryId, new Date(uow.now.getTime() + this.times.giveUpMs))
    uow.afterCommit(this.onChanged)
    return { deliveryId }
  }

  /**
   * Has whoever is to be told asked whether they want to be, or the queue made. Until then they are told nothing.
   */
  async #begin(
    uow: UnitOfWork,
    given: Pick<Subscription, 'id' | 'filter' | 'deliver' | 'secrets' | 'createdAt' | 'updatedAt'>,
  ): Promise<Subscription | Refused> {
    const { id, deliver } = given
    const askedAddress = deliver.to === 'email' ? hashOf(mailboxOf(deliver.address)) : undefined
    if (askedAddress !== undefined) {
      const since = new Date(uow.now.getTime() - ASKED_WITHIN_MS)
      const problem = tooOften(await countAsked(uow, askedAddress, since))
      if (problem !== undefined) return refuse('asked_too_often', problem)
    }
    const withinMs = deliver.to === 'email' ? this.times.confirmMs : this.times.giveUpMs
    const begun: Subscription = {
      ...given,
      ...{ state: 'confirming', offReason: null, failingSince: null, failures: 0, retryAt: null, activeSince: null },
      ...{ confirmBy: new Date(uow.now.getTime() + withinMs), confirmedAt: null },
    }
    await putSubscription(uow, begun)
    await supersedeQuestions(uow, id)
    const question: NewDelivery = {
      ...{ id: randomUUID(), subscriptionId: id, eventId: null, isDone: false, ...(askedAddress && { askedAddress }) },
      ...{ kind: 'confirm', eventType: 'subscription.confirm', eventKey: deliver.to },
    }
    await insertDeliveries(uow, [question], uow.now, withinMs)
    return begun
  }

  async #changes(uow: UnitOfWork): Promise<void> {
    await beginEpoch(uow)
    uow.afterCommit(this.onChanged)
  }
}

/** What a webhook is signed with is told to whoever asks; so what signs the links of a mail address never was that. */
const secretsFor = (deliver: Destination, found: Subscription): Subscription['secrets'] => {
  if (deliver.to === 'queue') return []
  const isKept = deliver.to === found.deliver.to && found.secrets.length > 0
  return isKept ? found.secrets : [{ secret: freshSecret() }]
}

const hashOf = (mailbox: string): string => createHash('sha256').update(mailbox).digest('base64url')

const unknownLink: Refused = refuse('unknown_confirmation', 'no question has this link')
const unknown = (id: string): Refused => refuse('unknown_subscription', `no subscription ${id} is known`)
