import { type Cause, Consequences, causeWithin, isSampled, uuidFrom } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { isRefusal, type Refusal, refuse, type StateVersions, todaysState, versionOf } from '#libs/decider'
import { EventStreams, type NewEvent } from '#libs/event-store'
import { expectSpan, recordSpan, type Span, spanTime } from '#libs/observability'
import { Outbox } from '#libs/outbox'
import { type LoadedSaga, type Saga, type SagaKey, sagaHasEnded } from './saga.ts'
import { observeEnd, observeStep } from './saga-metrics.ts'
import { Sagas } from './sagas.ts'

export interface SagaRunnerOptions<State, Input, Event extends { readonly type: string; readonly data: unknown }> {
  readonly saga: Saga<State, Input, Event>
  /** Who its commands come from, e.g. `/waybill/order`. */
  readonly source: string
  /** Has the service's own aggregate follow an event of the saga, in the same transaction; `state` is the one after it. */
  follow?(uow: UnitOfWork, consequences: Consequences, sagaId: string, event: Event, state: State): Promise<void>
  /** Announces what `follow` will read. */
  announce?(uow: UnitOfWork, sagaId: string): void
}

/** Who decides about a saga, and what; pure, like a decider. */
export interface Operator<State, Event, Reason extends string> {
  readonly actor: string
  decide(state: State): readonly Event[] | Refusal<Reason>
}

/**
 * Moves sagas of one type on: what a saga decides (its events, the commands they carry, its new state, what the local
 * aggregate makes of it) commits together with whatever made it decide.
 */
export class SagaRunner<State, Input, Event extends { readonly type: string; readonly data: unknown }> {
  private readonly saga: Saga<State, Input, Event>

  constructor(private readonly options: SagaRunnerOptions<State, Input, Event>) {
    this.saga = options.saga
  }

  get type(): string {
    return this.saga.type
  }

  key(sagaId: string): SagaKey {
    return { type: this.saga.type, sagaId }
  }

  /** Says that the saga will be moved on, so that one statement reads and locks it together with the others. */
  announce(uow: UnitOfWork, sagaId: string): void {
    uow.part(Sagas).announce(this.key(sagaId))
    this.options.announce?.(uow, sagaId)
  }

  async start(
    uow: UnitOfWork,
    consequences: Consequences,
    { sagaId, coordination }: { sagaId: string; coordination: string },
    input: Input,
  ): Promise<void> {
    uow.part(Sagas).begin(this.key(sagaId), coordination)
    const { correlationId, traceparent = null } = consequences.cause
    const state = this.saga.decider.initial
    const begun = {
      ...this.key(sagaId),
      state,
      stateVersion: this.#shape.version,
      version: 0,
      wakeAt: null,
      correlationId,
      traceparent,
    }
    await this.#moveOn(uow, consequences, begun, this.saga.decider.decide(state, input))
  }

  /** False when there is no such saga. */
  async handle(uow: UnitOfWork, consequences: Consequences, sagaId: string, input: Input): Promise<boolean> {
    const saga = await this.#load(uow, sagaId)
    if (saga === undefined) return false
    await this.#moveOn(uow, consequences, saga, this.saga.decider.decide(saga.state, input))
    return true
  }

  /**
   * Moves a saga on by the word of somebody who may be refused, unlike news. The events, and all that follows from them,
   * name the actor. Answers the refusal, which has written nothing.
   */
  async operate<Reason extends string>(
    uow: UnitOfWork,
    consequences: Consequences,
    sagaId: string,
    { actor, decide }: Operator<State, Event, Reason>,
  ): Promise<Refusal<Reason | 'unknown_saga'> | undefined> {
    const saga = await this.#load(uow, sagaId)
    if (saga === undefined) return refuse('unknown_saga')
    const decided = decide(saga.state)
    if (isRefusal(decided)) return decided
    await this.#moveOn(uow, consequences, saga, decided, actor)
    return undefined
  }

  /** Tells a saga that its time has come; nothing happens when another process was faster. */
  async wake(uow: UnitOfWork, sagaId: string): Promise<void> {
    const saga = await this.#load(uow, sagaId)
    if (saga === undefined || !hasCome(saga.wakeAt, uow.now)) return
    const { correlationId, traceparent } = saga
    const id = uuidFrom(`${this.saga.stream(sagaId)}/deadline/${saga.version}`)
    const startedAt = spanTime()
    const woken: Cause = { id, correlationId, ...(traceparent === null ? {} : { traceparent }) }
    const cause = causeWithin(woken, this.options.source)
    const consequences = new Consequences(cause, this.options.source, uow.now)
    const decided = this.saga.decider.decide(saga.state, this.saga.deadline(uow.now.toISOString()))
    await this.#moveOn(uow, consequences, saga, decided)
    if (isSampled(cause.traceparent)) {
      const span: Span = {
        ...{ traceparent: cause.traceparent, parent: woken.traceparent, name: `deadline of ${this.saga.type}` },
        ...{ kind: 'internal', startedAt, endedAt: spanTime() },
        attributes: { 'waybill.correlation_id': correlationId },
      }
      expectSpan(span)
      uow.afterCommit(() => recordSpan({ ...span, endedAt: spanTime() }))
    }
  }

  async #load(uow: UnitOfWork, sagaId: string): Promise<LoadedSaga<State> | undefined> {
    const saga = await uow.part(Sagas).load(this.key(sagaId))
    if (saga === undefined) return undefined
    const state = todaysState(this.#shape, saga.state, saga.stateVersion) as State | undefined
    if (state === undefined) throw new Error(`saga ${sagaId} was left in a state of version ${saga.stateVersion}`)
    return { ...saga, state, stateVersion: this.#shape.version }
  }

  get #shape(): StateVersions {
    return this.saga.state ?? ONE_SHAPE
  }

  async #moveOn(
    uow: UnitOfWork,
    consequences: Consequences,
    saga: LoadedSaga<State>,
    decided: readonly Event[],
    actor = `saga:${this.saga.type}`,
  ): Promise<void> {
    const { decider, statusOf, wakeAt } = this.saga
    if (decided.length === 0 && !hasCome(saga.wakeAt, uow.now)) return
    let state = saga.state
    const events: NewEvent[] = []
    for (const event of decided) {
      state = decider.evolve(state, event)
      events.push(this.#publish(uow, consequences, { sagaId: saga.sagaId, state, event, actor }))
      await this.options.follow?.(uow, consequences, saga.sagaId, event, state)
    }
    const streams = uow.part(EventStreams)
    const stream = this.saga.stream(saga.sagaId)
    streams.assure(stream, saga.version)
    streams.append(stream, saga.version, events)
    const status = statusOf(state)
    this.#measure(uow, saga, decided, state)
    uow.part(Sagas).save({
      ...saga,
      status,
      state,
      version: saga.version + events.length,
      wakeAt: sagaHasEnded(status) ? null : soonest(saga.wakeAt, wakeAt(state), uow.now),
    })
  }

  #measure(uow: UnitOfWork, saga: LoadedSaga<State>, decided: readonly Event[], state: State): void {
    const { type, stepOf, statusOf } = this.saga
    const steps = stepOf === undefined ? [] : decided.flatMap((event) => stepOf(event) ?? [])
    const before = saga.version === 0 ? undefined : statusOf(saga.state)
    uow.afterCommit(() => {
      for (const step of steps) observeStep(type, saga.sagaId, step, uow.now)
      observeEnd(type, before, statusOf(state))
    })
  }

  /** An event that carries a command shares its id with it: that is how a step's command is found. */
  #publish(
    uow: UnitOfWork,
    consequences: Consequences,
    { sagaId, state, event, actor }: { sagaId: string; state: State; event: Event; actor: string },
  ): NewEvent {
    const { id: causationId, correlationId } = consequences.cause
    const command = this.saga.commandFor(state, event)
    const metadata = { causationId, correlationId, actor }
    const dataVersion = versionOf(this.saga.decider, event.type)
    if (command === undefined)
      return { ...event, dataVersion, metadata: { ...metadata, messageId: consequences.nextId() } }
    const { type, ...about } = command
    const message = consequences.message(type, { subject: sagaId, ...about })
    uow.part(Outbox).add(message)
    return { ...event, dataVersion, metadata: { ...metadata, messageId: message.id } }
  }
}

const ONE_SHAPE: StateVersions = { version: 1 }

const hasCome = (wakeAt: Date | null, now: Date): boolean => wakeAt !== null && wakeAt <= now

/**
 * A wake-up time is brought forward but never put off: a saga that is woken too early says so and is given its real
 * time then, while one whose time stays as it is can be updated without touching an index (a heap-only tuple). Most
 * sagas end before their first wake-up.
 */
const soonest = (current: Date | null, due: string | undefined, now: Date): Date | null => {
  const next = due === undefined ? null : new Date(due)
  if (current === null || hasCome(current, now)) return next
  return next !== null && next < current ? next : current
}
