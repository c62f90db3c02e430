import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { z } from 'zod'
import { ServiceKeys } from '#libs/service-tokens'
import { LOOPBACK, loginProblems } from './login-problems.ts'

const port = z.coerce.number().int().min(0).max(65_535)

/** No two processes of a service have the same host and port; one that takes any port is another one each time. */
const instanceAt = (port: string | undefined): string => (Number(port) > 0 ? `${hostname()}-${port}` : randomUUID())

/** What every service reads from its environment; spread into the service's own shape. */
export const serviceEnvironment = {
  HOST: z.string().default('127.0.0.1'),
  PORT: port,
  /** Of this process among its replicas, and the same from start to start: so it has its place in groups back at once. */
  INSTANCE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .default(() => instanceAt(process.env.PORT)),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgresql:// URL' }),
  /** `host:port`, comma separated. */
  KAFKA_BROKERS: z
    .string()
    .transform((list) => list.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(/^.+:\d+$/, 'host:port, comma separated')).min(1)),
  /** Of what it publishes in batches: docs/retention.md. */
  PRODUCER_COMPRESSION: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('lz4'),
  /** For how long claims of messages, answers under idempotency keys settled dead letters and parked effects are kept: docs/retention.md. */
  INBOX_RETENTION_HOURS: z.coerce.number().positive().optional(),
  IDEMPOTENCY_KEY_HOURS: z.coerce.number().positive().optional(),
  PARKED_EFFECTS_RETENTION_HOURS: z.coerce.number().positive().optional(),
  SETTLED_RETENTION_HOURS: z.coerce.number().positive().optional(),
  /** Keys that services show each other who they are with (libs/service-tokens). */
  SERVICE_KEY_FILE: z.string().optional(),
  /** `off`: whoever reaches the port is answered, which only the machine itself may. */
  SERVICE_AUTH: z.enum(['on', 'off']).default('on'),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['pretty', 'json']).default(process.stdout.isTTY ? 'pretty' : 'json'),
  /** Of an OTLP/HTTP collector, without the path: spans of traces go there. Without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'an http:// URL' }).optional(),
  /** Traces that may begin at this process in a second; those of callers are continued as they ask. */
  TRACES_PER_SECOND: z.coerce.number().min(0).default(2),
  /** Folder for spans that were not sent yet: a process of the same service sends those of one that was killed. */
  TRACE_JOURNAL: z.string().optional(),
}

/** The configuration as the shape says, frozen; or every problem with it at once. */
export const parseConfig = <Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: Readonly<Record<string, string | undefined>>,
): { config: Readonly<z.infer<z.ZodObject<Shape>>> } | { problems: string[] } => {
  // An empty variable is what compose files and shells make of an unset one.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const result = z.object(shape).safeParse(set)
  if (result.success) return { config: Object.freeze(result.data) }
  return {
    problems: result.error.issues.map(
      ({ path, message }) => `${path[0] as string}: ${set[path[0] as string] === undefined ? 'is required' : message}`,
    ),
  }
}

/**
 * Reads the process's environment, once, in a service's config.ts: nothing else looks at `process.env`. Ends the
 * process with status 1 when anything is wrong, naming all of it.
 */
export const loadConfig = <Shape extends z.ZodRawShape>(shape: Shape): Readonly<z.infer<z.ZodObject<Shape>>> => {
  const result = parseConfig(shape, process.env)
  const problems =
    'config' in result ? [...authProblems(result.config), ...loginProblems(result.config)] : result.problems
  if ('config' in result && problems.length === 0) return result.config
  process.stderr.write(`Cannot start, the environment is not right:\n${problems.map((p) => `  ${p}\n`).join('')}`)
  process.exit(1)
}

interface AuthSettings {
  readonly HOST?: string
  readonly SERVICE_AUTH?: 'on' | 'off'
  readonly SERVICE_KEY_FILE?: string | undefined
}

/** A service is not open to a network because somebody forgot something. */
export const authProblems = ({ HOST = '127.0.0.1', SERVICE_AUTH: auth, SERVICE_KEY_FILE: file }: AuthSettings) => {
  if (auth === undefined) return []
  if (auth === 'off')
    return LOOPBACK.has(HOST) ? [] : [`SERVICE_AUTH: off is for a HOST of the machine itself, which ${HOST} is not`]
  if (file === undefined) return ['SERVICE_KEY_FILE: is required, unless SERVICE_AUTH is off']
  try {
    new ServiceKeys(file)
    return []
  } catch (error) {
    return [`SERVICE_KEY_FILE: ${(error as Error).message}`]
  }
}
