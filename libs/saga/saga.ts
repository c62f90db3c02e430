import type { DataOf, MessageType } from '#libs/contracts'
import type { Decider, StateVersions } from '#libs/decider'
import type { StepChange } from './saga-metrics.ts'

export const sagaStatuses = ['running', 'completed', 'compensating', 'compensated', 'needs_attention'] as const
export type SagaStatus = (typeof sagaStatuses)[number]

/** An ended saga acts no more. */
export const sagaHasEnded = (status: SagaStatus): status is 'completed' | 'compensated' =>
  status === 'completed' || status === 'compensated'

/** What it says to another service, most often a command, and the key that keeps it in order with its kind. */
export interface SagaCommand<T extends MessageType = MessageType> {
  readonly type: T
  readonly data: DataOf<T>
  readonly key: string
  /** Of a choreographed order, to whose participants a saga has facts to tell and nothing to command. */
  readonly coordination?: 'choreographed'
}

/** A decider that never refuses: what does not concern it any more is answered with no events. */
export interface SagaDecider<State, Input, Event> extends Decider<State, Input, Event> {
  decide(state: State, input: Input): readonly Event[]
}

/**
 * A process manager: a decider that is told what happened and decides on events, some of which carry a command to
 * another service. Its state must survive JSON.
 */
export interface Saga<State, Input, Event extends { readonly type: string; readonly data: unknown }> {
  readonly type: string
  /** The name of the stream of events that tells how a saga came to where it stands. */
  stream(sagaId: string): string
  readonly decider: SagaDecider<State, Input, Event>
  /** Of the state as it is kept in the saga's row. Default: it has been of one shape only. */
  readonly state?: StateVersions
  statusOf(state: State): SagaStatus
  /** When it wants to be told that time has passed, ISO 8601, unless something else is told before. */
  wakeAt(state: State): string | undefined
  /** How it is told that time has passed; `at` is ISO 8601. */
  deadline(at: string): Input
  /** The command that leaves with an event; gets the event's id. */
  commandFor(state: State, event: Event): SagaCommand | undefined
  /** Which of its steps began or had its outcome with this event: how long each takes is measured. */
  readonly stepOf?: (event: Event) => StepChange | undefined
}

/** Names one saga: an id stands for one saga of each type. */
export interface SagaKey {
  readonly type: string
  readonly sagaId: string
}

/** A saga as it is stored. */
export interface StoredSaga<State = unknown> extends SagaKey {
  readonly coordination: string
  readonly status: SagaStatus
  readonly state: State
  /** Of the state's shape. */
  readonly stateVersion: number
  /** Of the last event in its stream. */
  readonly version: number
  /** Not later than the saga wants to be woken. */
  readonly wakeAt: Date | null
  readonly correlationId: string
  /** Of what started it: what it does of its own accord belongs to the same trace. */
  readonly traceparent: string | null
  /** Attempts to wake it that failed since it last moved on, and why the last one did. */
  readonly wakeFailures: number
  readonly wakeError: string | null
  readonly startedAt: Date
  readonly updatedAt: Date
}

/** What of it is needed to move it on. */
export type LoadedSaga<State = unknown> = Pick<
  StoredSaga<State>,
  'type' | 'sagaId' | 'state' | 'stateVersion' | 'version' | 'wakeAt' | 'correlationId' | 'traceparent'
>

/** What of it has moved on. */
export type MovedSaga<State = unknown> = LoadedSaga<State> & Pick<StoredSaga, 'status'>

/** A saga that is stored for the first time. */
export type BegunSaga<State = unknown> = MovedSaga<State> & Pick<StoredSaga, 'coordination'>
