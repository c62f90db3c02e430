import { type Cause, Consequences, uuidFrom } from '#libs/contracts'
import type { UnitOfWork } from '#libs/database'
import { EventStreams, type NewEvent } from '#libs/event-store'
import { Outbox } from '#libs/outbox'
import { type LoadedSaga, type Saga, type SagaStatus, sagaStream } from './saga.ts'
import { Sagas } from './sagas.ts'

/** Tells the service's own aggregate what an event of the saga means for it, in the same transaction. */
export type Tell<Event> = (uow: UnitOfWork, consequences: Consequences, sagaId: string, event: Event) => Promise<void>

/**
 * Moves sagas on: what a saga decides (its events, the commands they carry, its new state, what the local aggregate
 * makes of it) commits together with whatever made it decide.
 */
export class SagaRunner<State, Input, Event extends { readonly type: string; readonly data: unknown }> {
  constructor(
    private readonly saga: Saga<State, Input, Event>,
    /** Who its commands come from, e.g. `/waybill/order`. */
    private readonly source: string,
    private readonly tell: Tell<Event>,
  ) {}

  get type(): string {
    return this.saga.type
  }

  async start(
    uow: UnitOfWork,
    consequences: Consequences,
    { sagaId, coordination }: { sagaId: string; coordination: string },
    input: Input,
  ): Promise<void> {
    const { type, decider } = this.saga
    uow.part(Sagas).begin(sagaId, { type, coordination })
    const { correlationId } = consequences.cause
    const begun = { sagaId, state: decider.initial, version: 0, wakeAt: null, correlationId }
    await this.#moveOn(uow, consequences, begun, input)
  }

  /** False when there is no such saga. */
  async handle(uow: UnitOfWork, consequences: Consequences, sagaId: string, input: Input): Promise<boolean> {
    const saga = (await uow.part(Sagas).load(sagaId)) as LoadedSaga<State> | undefined
    if (saga === undefined) return false
    await this.#moveOn(uow, consequences, saga, input)
    return true
  }

  /** Tells a saga that its time has come; nothing happens when another process was faster. */
  async wake(uow: UnitOfWork, sagaId: string): Promise<void> {
    const saga = (await uow.part(Sagas).load(sagaId)) as LoadedSaga<State> | undefined
    if (saga === undefined || !hasCome(saga.wakeAt, uow.now)) return
    const cause: Cause = {
      id: uuidFrom(`${sagaStream(sagaId)}/deadline/${saga.version}`),
      correlationId: saga.correlationId,
    }
    const consequences = new Consequences(cause, this.source, uow.now)
    await this.#moveOn(uow, consequences, saga, this.saga.deadline(uow.now.toISOString()))
  }

  async #moveOn(uow: UnitOfWork, consequences: Consequences, saga: LoadedSaga<State>, input: Input): Promise<void> {
    const { decider, statusOf, wakeAt } = this.saga
    const decided = decider.decide(saga.state, input)
    if (decided.length === 0 && !hasCome(saga.wakeAt, uow.now)) return
    let state = saga.state
    const events: NewEvent[] = []
    for (const event of decided) {
      state = decider.evolve(state, event)
      events.push(this.#publish(uow, consequences, saga.sagaId, state, event))
      await this.tell(uow, consequences, saga.sagaId, event)
    }
    const streams = uow.part(EventStreams)
    streams.assure(sagaStream(saga.sagaId), saga.version)
    streams.append(sagaStream(saga.sagaId), saga.version, events)
    const status = statusOf(state)
    uow.part(Sagas).save({
      ...saga,
      status,
      state,
      version: saga.version + events.length,
      wakeAt: ended(status) ? null : soonest(saga.wakeAt, wakeAt(state), uow.now),
    })
  }

  /** An event that carries a command shares its id with it: that is how a step's command is found. */
  #publish(uow: UnitOfWork, consequences: Consequences, sagaId: string, state: State, event: Event): NewEvent {
    const { id: causationId, correlationId } = consequences.cause
    const command = this.saga.commandFor(state, event)
    const metadata = { causationId, correlationId, actor: `saga:${this.saga.type}` }
    if (command === undefined) return { ...event, metadata: { ...metadata, messageId: consequences.nextId() } }
    const { type, key, data } = command
    const message = consequences.message(type, { subject: sagaId, key, data })
    uow.part(Outbox).add(message)
    return { ...event, metadata: { ...metadata, messageId: message.id } }
  }
}

const hasCome = (wakeAt: Date | null, now: Date): boolean => wakeAt !== null && wakeAt <= now

const ended = (status: SagaStatus): boolean => status === 'completed' || status === 'compensated'

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
