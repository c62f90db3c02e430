import type { DynamicModule, Provider, Type } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'
import type { Topic } from '#libs/contracts'
import { Database, GroupCommit, type GroupCommitOptions, Housekeeping, type Retention } from '#libs/database'
import type { StreamKind } from '#libs/decider'
import { type EffectDefinition, EffectWorker, parkedEffectsRetention } from '#libs/effects'
import { healthModule, type ServiceOptions } from '#libs/http'
import { IdempotentCommands, idempotencyRetention } from '#libs/idempotency'
import { inboxRetention } from '#libs/inbox'
import {
  type DeclaredQueue,
  GroupOffsets,
  type HandlersOf,
  KafkaBatchServer,
  kafkaPublisher,
  kafkaSecurity,
  messagingModule,
  type ProducerOptions,
  parkingRetention,
  WorkQueues,
} from '#libs/messaging'
import { OutboxRelay } from '#libs/outbox'
import { type Replies, Requester, Responder } from '#libs/request-reply'
import { DeadlineWorker, type WakeableSagas } from '#libs/saga'
import { AuditController } from './audit.controller.ts'
import { EffectsController } from './effects.controller.ts'
import { ParkedController } from './parked.controller.ts'
import { publishParkedEffect } from './parked-effects.ts'
import { SchemasController } from './schemas.controller.ts'
import { observeService } from './service-metrics.ts'
import { Runtime, ServiceModule, type Worker } from './service-module.ts'
import { SERVICE, STREAM_KINDS } from './tokens.ts'

/** The parts of `serviceEnvironment` that every service is built with. */
export type ServiceConfig = ServiceOptions['config'] & {
  readonly DATABASE_URL: string
  readonly KAFKA_BROKERS: readonly string[]
  readonly INSTANCE_ID: string
  readonly PRODUCER_COMPRESSION: NonNullable<ProducerOptions['compression']>
  readonly INBOX_RETENTION_HOURS?: number | undefined
  readonly IDEMPOTENCY_KEY_HOURS?: number | undefined
  readonly SETTLED_RETENTION_HOURS?: number | undefined
  readonly PARKED_EFFECTS_RETENTION_HOURS?: number | undefined
}

/** Something that has to be ended with the service: a pool of connections, a client. */
export interface Closable {
  close(): unknown
}

export interface ServiceDefinition {
  /** Its consumer group, its name in the inbox and, as `/waybill/<name>`, the source of what it says. */
  readonly name: string
  readonly config: ServiceConfig
  /** What it does with each type of message on the topics that it consumes. */
  readonly handlers: Partial<HandlersOf<Topic>>
  /** It has no inbox: its handlers know by their own rows what they have handled. Default false. */
  readonly recognisesDuplicates?: boolean
  /** The queues that it works; a provider is given `WorkQueues` to see how deep they are and to resize their pools. */
  readonly queues?: readonly DeclaredQueue[] | ((parts: { readonly database: Database }) => readonly DeclaredQueue[])
  /** The calls that it makes to the outside world. */
  // biome-ignore lint/suspicious/noExplicitAny: each service has kinds of its own, which nothing here depends on
  readonly effects?: EffectDefinition<any>
  readonly sagas?: readonly WakeableSagas[]
  /** What streams of events it has. */
  readonly streams?: readonly StreamKind[]
  /** It asks other services questions: its routes are given a `Requester`. */
  readonly asks?: true
  /** What it replies to the questions of others. */
  readonly replies?: (database: Database) => Partial<Replies>
  /** Nest's controllers; they are given `Database`, `GroupCommit`, `IdempotentCommands`, `GroupOffsets` and the `providers`. */
  readonly routes?: readonly Type<unknown>[]
  /** Those of them where partners report, who are no services and sign in their own way. */
  readonly callbacks?: readonly string[]
  /** For how long it keeps rows of tables of its own that grow; those of the patterns are known. */
  readonly retention?: readonly Retention[]
  readonly providers?: readonly Provider[]
  /** What runs beside its consumer on the service's database, and where Nest finds it. */
  readonly beside?: (parts: { readonly database: Database; readonly groupCommit: GroupCommit }) => {
    readonly workers: readonly Worker[]
    readonly providers: readonly Provider[]
  }
  readonly commit?: GroupCommitOptions
  /** Done once at the start, before anything is taken in. */
  readonly prepare?: (groupCommit: GroupCommit) => Promise<void>
  /** Ended after everything that uses them. */
  readonly resources?: readonly Closable[]
}

export interface Service {
  readonly name: string
  readonly config: ServiceConfig
  readonly module: DynamicModule
  readonly callbacks?: readonly string[] | undefined
}

const HOUR_MS = 3_600_000

/** A service, from what is its own: everything that all services are made of follows from it. */
export const defineService = (definition: ServiceDefinition): Service => {
  const { name, config, handlers, recognisesDuplicates = false } = definition
  const { DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers, PRODUCER_COMPRESSION: compression } = config
  const { INSTANCE_ID: instanceId } = config
  // What cannot work is said now, and not by each client again and again.
  kafkaSecurity()
  const database = new Database(databaseUrl)
  const groupCommit = new GroupCommit(database, definition.commit)
  observeService(
    database,
    name,
    (definition.sagas ?? []).map(({ type }) => type),
  )
  const declared = typeof definition.queues === 'function' ? definition.queues({ database }) : definition.queues
  const consumers = new KafkaBatchServer({
    ...{ service: name, brokers, handlers, database, groupCommit, recognisesDuplicates },
    queues: (declared ?? []).map(({ queue }) => queue.name),
  })
  const queues = declared && new WorkQueues({ service: name, brokers, queues: declared, database, groupCommit })
  const effects =
    definition.effects &&
    new EffectWorker({ ...definition.effects, database, groupCommit, onParked: publishParkedEffect(name) })
  const deadlines = (definition.sagas ?? []).map((runner) => new DeadlineWorker({ database, groupCommit, runner }))
  const publisher = kafkaPublisher({ brokers, clientId: name, compression })
  const requester = definition.asks && new Requester({ service: name, brokers, clientId: name })
  const responder =
    definition.replies &&
    new Responder({ service: name, brokers, clientId: name, instanceId, replies: definition.replies(database) })
  const relay = new OutboxRelay({ databaseUrl, database, publisher })
  const { INBOX_RETENTION_HOURS, SETTLED_RETENTION_HOURS, PARKED_EFFECTS_RETENTION_HOURS } = config
  const { IDEMPOTENCY_KEY_HOURS: keyHours } = config
  const housekeeping = new Housekeeping({
    database,
    retention: [
      ...(recognisesDuplicates ? [] : [inboxRetention]),
      idempotencyRetention,
      ...parkingRetention,
      ...(effects === undefined ? [] : [parkedEffectsRetention]),
      ...(definition.retention ?? []),
    ],
    hours: { INBOX_RETENTION_HOURS, SETTLED_RETENTION_HOURS, PARKED_EFFECTS_RETENTION_HOURS },
  })
  const beside = definition.beside?.({ database, groupCommit }) ?? { workers: [], providers: [] }
  const runtime = new Runtime({
    prepare: async () => definition.prepare?.(groupCommit),
    // Stopped in this order: what decides first, then what carries out, then what publishes it.
    workers: [responder, requester, queues, ...deadlines, ...beside.workers, housekeeping, effects, relay].filter(
      (worker) => worker !== undefined,
    ),
    resources: [...(definition.resources ?? []), publisher, database],
  })
  return {
    name,
    config,
    callbacks: definition.callbacks,
    module: {
      module: ServiceModule,
      imports: [
        DiscoveryModule,
        messagingModule(consumers),
        healthModule({
          database: () => database.query('SELECT 1'),
          consumers: () => consumers.check(),
          ...(queues && { queues: () => queues.check() }),
          ...(responder && { requests: () => responder.check() }),
          ...(requester && { replies: () => requester.check() }),
        }),
      ],
      controllers: [
        ...(definition.routes ?? []),
        ParkedController,
        AuditController,
        SchemasController,
        ...(effects === undefined ? [] : [EffectsController]),
      ],
      providers: [
        { provide: Runtime, useValue: runtime },
        { provide: Database, useValue: database },
        { provide: GroupCommit, useValue: groupCommit },
        {
          provide: IdempotentCommands,
          useValue: new IdempotentCommands({ groupCommit, ...(keyHours && { ttlMs: keyHours * HOUR_MS }) }),
        },
        { provide: GroupOffsets, useValue: new GroupOffsets({ brokers, clientId: name }) },
        { provide: SERVICE, useValue: name },
        { provide: STREAM_KINDS, useValue: definition.streams ?? [] },
        ...(queues ? [{ provide: WorkQueues, useValue: queues }] : []),
        ...(requester ? [{ provide: Requester, useValue: requester }] : []),
        ...(definition.providers ?? []),
        ...beside.providers,
      ],
    },
  }
}
