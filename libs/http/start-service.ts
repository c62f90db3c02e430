import type { AddressInfo } from 'node:net'
import type { DynamicModule, INestApplication, LoggerService, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance, FastifyReply } from 'fastify'
import {
  changeLevelOnSignal,
  configureLogging,
  configureTracing,
  createLogger,
  flushSpans,
  hashCustomersWith,
  type LogFormat,
  type LogLevel,
  observeProcess,
} from '#libs/observability'
import { credentials, Door, ServiceKeys } from '#libs/service-tokens'
import { collectAtRest } from './collect-at-rest.ts'
import { authProblems } from './config.ts'
import { guard, listenOnLoopback6, serverOptions } from './http-server.ts'
import { readJsonBodies } from './json-body.ts'
import { ProblemFilter, sendProblem, toProblem } from './problem-filter.ts'
import { guardRequests } from './request-hooks.ts'
import { observeRequests } from './request-metrics.ts'
import { traceRequests } from './request-traces.ts'
import { ServedMethods } from './served-methods.ts'
import { type DoorRules, refuseStrangers } from './strangers.ts'

const BODY_LIMIT = 64 * 1024
/** A longer part of a path is no id of ours; its owner says so with 404. */
const MAX_PARAM_LENGTH = 1_024

export interface ServiceOptions {
  readonly name: string
  /** The parts of `serviceEnvironment` that the process itself needs. */
  readonly config: {
    readonly HOST: string
    readonly PORT: number
    readonly LOG_LEVEL: LogLevel
    readonly LOG_FORMAT: LogFormat
    readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined
    readonly TRACES_PER_SECOND?: number
    readonly TRACE_JOURNAL?: string | undefined
    readonly SERVICE_AUTH?: 'on' | 'off'
    readonly SERVICE_KEY_FILE?: string | undefined
  }
  /** Whom it answers; other services only, if nothing else is said. */
  readonly door?: DoorRules
  /** Connects what else the application listens to, e.g. `connectConsumers` of libs/messaging. */
  readonly connect?: (app: INestApplication) => void
}

export interface RunningService {
  readonly app: NestFastifyApplication
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string
  /** Takes no new requests and messages, finishes those under way, then runs the modules' shutdown hooks. */
  stop(): Promise<void>
}

/**
 * Starts a service: HTTP first, so that its health can be asked from the beginning, then whatever `connect` adds.
 * SIGTERM and SIGINT stop it gracefully and end the process with status 0.
 *
 * Order of a stop: HTTP and consumers finish what is under way; then `onApplicationShutdown` of the service's module
 * stops its workers and its outbox relay and closes its database, in the order written there.
 */
export const startService = async (
  module: Type<unknown> | DynamicModule,
  options: ServiceOptions,
): Promise<RunningService> => {
  const { name, config } = options
  configureLogging({ service: name, level: config.LOG_LEVEL, format: config.LOG_FORMAT })
  if (config.SERVICE_KEY_FILE !== undefined) hashCustomersWith(new ServiceKeys(config.SERVICE_KEY_FILE).newest)
  changeLevelOnSignal()
  observeProcess(name)
  configureTracing({
    service: name,
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    tracesPerSecond: config.TRACES_PER_SECOND ?? 0,
    journal: config.TRACE_JOURNAL,
    // Of the console, if it is the collector; another one has no use for it.
    credentials: credentials(config.SERVICE_KEY_FILE, name, 'console'),
  })
  const log = createLogger('service')
  const app = await createApplication(module, doorOf(options), options.door)
  options.connect?.(app)
  const close = await listen(app, config)
  await app.startAllMicroservices()
  const url = await app.getUrl()
  log.info('ready', { url })
  collectAtRest()
  const stop = async () => {
    close()
    await app.close()
    await flushSpans()
  }
  const service = { app, url, stop }
  stopOnSignals(service)
  return service
}

const doorOf = ({ name, config }: ServiceOptions): Door | undefined => {
  const { SERVICE_AUTH = 'on', SERVICE_KEY_FILE } = config
  if (SERVICE_AUTH === 'on' && SERVICE_KEY_FILE !== undefined) return new Door(name, SERVICE_KEY_FILE)
  const problems = authProblems({ ...config, SERVICE_AUTH })
  if (problems.length > 0) throw new Error(problems.join('; '))
  return undefined
}

/** The HTTP side alone; what tests of controllers start too. Without a door everybody is let in. */
export const createApplication = async (
  module: Type<unknown> | DynamicModule,
  door?: Door,
  rules?: DoorRules,
): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    ...serverOptions,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // A malformed URL is refused by the router, before Nest's filters are in charge.
    frameworkErrors: (error: unknown, _request: unknown, reply: unknown) =>
      sendProblem(reply as FastifyReply, toProblem(error)),
  })
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  const served = new ServedMethods(fastify)
  guard(fastify.server)
  traceRequests(fastify)
  guardRequests(fastify)
  if (door !== undefined) refuseStrangers(fastify, door, rules)
  readJsonBodies(fastify)
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLogger(),
    abortOnError: false,
    bodyParser: false,
  })
  app.useGlobalFilters(new ProblemFilter(served))
  observeRequests(app)
  return app
}

/** On `localhost`, both of its addresses. Resolves with what ends the second one. */
const listen = async (app: NestFastifyApplication, { HOST, PORT }: ServiceOptions['config']): Promise<() => void> => {
  await app.listen(PORT, HOST === 'localhost' ? '127.0.0.1' : HOST)
  if (HOST !== 'localhost') return () => {}
  const server = app.getHttpServer()
  return listenOnLoopback6(server, (server.address() as AddressInfo).port)
}

const stopOnSignals = (service: { stop(): Promise<void> }): void => {
  const log = createLogger('service')
  const stop = async (signal: string) => {
    log.info('stopping', { signal })
    try {
      await service.stop()
      process.exit(0)
    } catch (error) {
      log.error('could not stop cleanly', { error })
      process.exit(1)
    }
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** Nest's own entries, on our lines; its chatter about routes is for debugging only. */
const nestLogger = (): LoggerService => {
  const log = createLogger('nest')
  return {
    log: (message) => log.debug(String(message)),
    verbose: (message) => log.debug(String(message)),
    debug: (message) => log.debug(String(message)),
    warn: (message) => log.warn(String(message)),
    error: (message) => log.error(message instanceof Error ? message.message : String(message), { error: message }),
    fatal: (message) => log.error(String(message)),
  }
}
