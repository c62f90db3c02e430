import { randomUUID } from 'node:crypto'
import type { UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { freshSecret } from '#libs/webhooks'
import { rotated, type Subscription } from '../domain/subscriptions/subscription.ts'
import type { ChangeOfSubscription, NewSubscription } from './api/subscription-request.ts'
import { insertDeliveries, type NewDelivery } from './sql/insert-deliveries.ts'
import { lockDelivery, repeatDelivery } from './sql/list-deliveries.ts'
import { lockSubscription } from './sql/read-subscriptions.ts'
import { supersedeQuestions } from './sql/supersede-questions.ts'
import { beginEpoch, countSubscriptions, deleteSubscription, putSubscription } from './sql/write-subscriptions.ts'

/** Every transaction that fans out looks at all of them, and each may have deliveries under way at any time. */
export const MOST_SUBSCRIPTIONS = 100

export type SubscriptionRefusal =
  | 'unknown_subscription'
  | 'unknown_delivery'
  | 'too_many_subscriptions'
  | 'not_a_webhook'
  | 'not_active'
  | 'not_repeatable'
type Refused = Refusal<SubscriptionRefusal>

export interface CommandTimes {
  readonly giveUpMs: number
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
    const created: Subscription = {
      ...{ id: randomUUID(), filter, deliver },
      secrets: deliver.to === 'webhook' ? [{ secret: freshSecret() }] : [],
      ...this.#begun(deliver, now),
      ...{ createdAt: now, updatedAt: now },
    }
    await putSubscription(uow, created)
    await this.#ask(uow, created)
    return created
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
    const secrets =
      deliver.to !== 'webhook' ? [] : found.secrets.length > 0 ? found.secrets : [{ secret: freshSecret() }]
    const changed: Subscription = {
      ...found,
      ...{ filter, deliver, secrets, updatedAt: uow.now },
      ...(begins ? this.#begun(deliver, uow.now) : {}),
      ...(state === 'off' ? { state: 'off', offReason: 'asked' as const } : {}),
    }
    await putSubscription(uow, changed)
    if (isMoved || changed.state === 'off') await supersedeQuestions(uow, id)
    if (begins) await this.#ask(uow, changed)
    return changed
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

  #begun(deliver: Subscription['deliver'], now: Date) {
    const isConfirmed = deliver.to === 'email'
    return {
      state: isConfirmed ? ('active' as const) : ('confirming' as const),
      activeSince: isConfirmed ? now : null,
      ...{ offReason: null, failingSince: null, failures: 0, retryAt: null },
    }
  }

  /** Has the endpoint asked whether it wants to be told, or the queue made. */
  async #ask(uow: UnitOfWork, { id, state, deliver }: Subscription): Promise<void> {
    if (state !== 'confirming') return
    const question: NewDelivery = {
      ...{ id: randomUUID(), subscriptionId: id, eventId: null, isDone: false },
      ...{ kind: 'confirm', eventType: 'subscription.confirm', eventKey: deliver.to },
    }
    await insertDeliveries(uow, [question], uow.now, this.times.giveUpMs)
  }

  async #changes(uow: UnitOfWork): Promise<void> {
    await beginEpoch(uow)
    uow.afterCommit(this.onChanged)
  }
}

const unknown = (id: string): Refused => refuse('unknown_subscription', `no subscription ${id} is known`)
