import { join } from 'node:path'
import { firstUserFile, passwordFile } from './kafka-access/password-files.ts'
import { kafkaPasswordsIn, keyFilesIn, masterKeysIn } from './key-files.ts'
import { databaseUrl as embeddedUrl } from './postgres/cluster.ts'
import { connectionRefusal } from './postgres/server.ts'
import { ROOT } from './root.ts'
import type { StartOptions } from './supervisor/options.ts'
import { postgresLaunch } from './supervisor/postgres.ts'
import type { Launch } from './supervisor/supervised-process.ts'
import { accepts, answersOk } from './supervisor/wait.ts'

/** The services of the business; each has a database of its own. */
export const SERVICES = ['order', 'payment', 'inventory', 'fulfillment', 'notification', 'query', 'analytics'] as const
export type Service = (typeof SERVICES)[number]

/** Beside theirs, the database of the keys of customers' personal data. */
export const VAULT = 'vault'

/** Ports that nobody has to know beforehand. */
export type Ports = Readonly<Record<Service | 'simulators' | 'smtp' | 'brokerHttp', number>>
export const PORT_NAMES = [...SERVICES, 'simulators', 'smtp', 'brokerHttp'] as const satisfies (keyof Ports)[]

export interface ProcessPlan {
  readonly name: string
  /** Not started before these are ready. */
  readonly after: readonly string[]
  /** Processes stop from the highest stage to the lowest, so that nobody loses what it depends on. */
  readonly stage: 1 | 2 | 3
  /** The service whose database has to be there, and up to date, before the first start. */
  readonly database?: Service
  readonly address: string
  readonly stopSignal?: NodeJS.Signals
  readonly launch: () => Launch | Promise<Launch>
  readonly isReady: () => Promise<boolean>
}

/**
 * Limits in MiB of the heap, generous for what each does, and of a half of its young generation: what a service holds
 * while it gathers and commits a transaction should be garbage before it is looked at. At rest the system with
 * PostgreSQL stays below 1 GB resident.
 */
const HEAP = {
  service: { old: 192, young: 32 },
  simulators: { old: 128, young: 16 },
  broker: { old: 128, young: 8 },
  console: { old: 128, young: 8 },
}

/** How Node is told to run a process of this kind. */
export const nodeFlags = (kind: keyof typeof HEAP): string[] => [
  `--max-old-space-size=${HEAP[kind].old}`,
  `--max-semi-space-size=${HEAP[kind].young}`,
  // The clients' buffers count as memory beside a small heap: V8 would collect everything about once a second.
  '--heap-growing-percent=200',
  // The Kafka client sets timers for moments that have passed; newer versions of Node would say so each time.
  '--disable-warning=TimeoutNegativeWarning',
]

/** Compiled code of the modules, kept from start to start: saves a good part of each process's start. */
export const COMPILE_CACHE = join(ROOT, 'node_modules', '.cache', 'waybill', 'compile')

/** Address of a service's database on the server in use, or of the vault. */
export const serviceDatabase = (options: StartOptions, service: Service | typeof VAULT): string => {
  const name = `waybill_${service}`
  if (options.databaseUrl === undefined) return embeddedUrl(options.postgresPort, name)
  const url = new URL(options.databaseUrl)
  url.pathname = `/${name}`
  return url.href
}

/**
 * Every process of the system, as these options want it. `control` is what the console, and nobody else, is told of the
 * supervisor, in its environment.
 */
export const planProcesses = (
  options: StartOptions,
  ports: Ports,
  control: Readonly<Record<string, string>> = {},
): ProcessPlan[] => {
  const brokers = options.kafkaBrokers ?? `127.0.0.1:${options.brokerPort}`
  const environment = {
    ...addresses(ports),
    KAFKA_BROKERS: brokers,
    SERVICE_KEY_FILE: keyFilesIn(options.data).serviceKeys,
    // The console keeps the newest traces, unless there is a collector for them.
    OTEL_EXPORTER_OTLP_ENDPOINT: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? `http://127.0.0.1:${options.port}`,
    TRACE_JOURNAL: join(options.data, 'traces'),
  }
  const node = (app: string, kind: keyof typeof HEAP, args: string[], env: Record<string, string>): Launch => ({
    file: process.execPath,
    cwd: ROOT,
    args: [
      ...nodeFlags(kind),
      '--import',
      join(ROOT, 'dist', 'scripts', 'supervisor', 'lifeline.js'),
      join(ROOT, 'dist', 'apps', app, 'src', 'main.js'),
      ...args,
    ],
    env: {
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      HOST: '127.0.0.1',
      LOG_FORMAT: process.env.LOG_FORMAT ?? 'pretty',
      ...env,
    },
  })
  const http = (name: string, port: number, kind: keyof typeof HEAP, env: Record<string, string>) => ({
    name,
    address: `http://localhost:${port}`,
    // The data folder, which the process itself ignores, marks it as part of this system.
    launch: () =>
      node(name, kind, [options.data], { ...environment, PORT: String(port), ...kafkaLogin(options, name), ...env }),
    isReady: () => answersOk(`http://127.0.0.1:${port}/health/ready`),
  })

  const plans: ProcessPlan[] = []
  if (options.databaseUrl === undefined) plans.push(postgres(options))
  if (options.kafkaBrokers === undefined)
    plans.push({
      name: 'broker',
      after: [],
      stage: 2,
      address: brokers,
      launch: () => node('broker', 'broker', brokerArguments(options, ports), {}),
      isReady: brokerReadiness(options, brokers),
    })
  plans.push({
    ...http('simulators', ports.simulators, 'simulators', {
      DATA_DIR: join(options.data, 'simulators'),
      CARRIER_WEBHOOK_SECRET_FILE: keyFilesIn(options.data).carrierSecrets,
      OIDC_ISSUER: issuerOf(options),
    }),
    after: [],
    stage: 2,
  })
  const needed = plans.map(({ name }) => name).filter((name) => name !== 'simulators')
  for (const service of SERVICES)
    plans.push({
      ...http(service, ports[service], 'service', {
        DATABASE_URL: serviceDatabase(options, service),
        ...keysOf(service, options.data),
        ...(HANDLES_PERSONAL_DATA.has(service) && vaultOf(options)),
        ...demoOf(service, options),
        ...(service === 'analytics' && { ARCHIVE: process.env.ARCHIVE ?? join(options.data, 'archive') }),
      }),
      after: needed,
      stage: 3,
      database: service,
    })
  const brokerMetrics =
    options.kafkaBrokers === undefined ? { BROKER_METRICS_URL: `http://127.0.0.1:${ports.brokerHttp}` } : undefined
  plans.push({
    ...http('console', options.port, 'console', {
      ...edgeOf(options),
      ...vaultOf(options),
      ...brokerMetrics,
      ...control,
    }),
    after: [],
    stage: 3,
  })
  return plans
}

/** The development issuer's, as the console shows it, unless another one is named. */
const issuerOf = ({ port }: StartOptions): string => process.env.OIDC_ISSUER || `http://localhost:${port}/issuer`

const EDGE = [
  ...['OIDC_AUDIENCE', 'OIDC_JWKS_URL', 'OIDC_ROLES_CLAIM', 'OIDC_CUSTOMER_CLAIM', 'OIDC_CLIENT_ID', 'TRUSTED_NETWORK'],
  ...['OIDC_CLIENT_SECRET', 'OIDC_SCOPE', 'OIDC_AUTHORIZATION_URL', 'OIDC_TOKEN_URL', 'PUBLIC_URL'],
  ...['TRUSTED_PROXIES', 'RATE_LIMIT_READS', 'RATE_LIMIT_WRITES', 'RATE_LIMIT_LOGINS'],
]

/** Where people reach the console, whether they have to say who they are, who vouches for them, and how often they may ask. */
export const edgeOf = (options: StartOptions): Record<string, string> => ({
  ...Object.fromEntries(EDGE.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  // Both `127.0.0.1` and `::1`.
  HOST: process.env.HOST || 'localhost',
  AUTH: process.env.AUTH || 'off',
  ...{ OIDC_ISSUER: issuerOf(options), DEVELOPMENT_ISSUER: process.env.OIDC_ISSUER ? 'off' : 'on' },
})

/** Whoever tries it out has the endpoint of a webhook on the same machine, and reads their mail there. */
const demoOf = (service: Service, { port }: StartOptions): Record<string, string> =>
  service === 'notification'
    ? {
        WEBHOOK_PRIVATE_ADDRESSES: process.env.WEBHOOK_PRIVATE_ADDRESSES ?? 'loopback',
        PUBLIC_URL: process.env.PUBLIC_URL || `http://localhost:${port}`,
      }
    : {}

/** The services that seal or open personal data; the others pass on what is sealed. */
const HANDLES_PERSONAL_DATA: ReadonlySet<string> = new Set(['order', 'fulfillment', 'notification'])

const vaultOf = (options: StartOptions): Record<string, string> => ({
  VAULT_URL: serviceDatabase(options, VAULT),
  ...(process.env.MASTER_KEYS ? { MASTER_KEYS: process.env.MASTER_KEYS } : {}),
  MASTER_KEYS_FILE: masterKeysIn(options.data),
})

/** Who seals payment tokens, and who opens them; and who believes the carrier. */
const keysOf = (service: Service, data: string): Record<string, string> => {
  const { privateKeys, publicKey, carrierSecrets } = keyFilesIn(data)
  if (service === 'fulfillment') return { CARRIER_WEBHOOK_SECRET_FILE: carrierSecrets }
  if (service === 'order') return { PAYMENT_PUBLIC_KEY_FILE: publicKey }
  return service === 'payment' ? { PAYMENT_PRIVATE_KEYS_FILE: privateKeys } : {}
}

const postgres = (options: StartOptions): ProcessPlan => ({
  name: 'postgres',
  after: [],
  stage: 1,
  address: `localhost:${options.postgresPort}`,
  stopSignal: 'SIGINT', // PostgreSQL's "fast" shutdown: ends connections, loses nothing.
  launch: () => postgresLaunch(join(options.data, 'postgres'), options.postgresPort, options.walArchive),
  isReady: async () => (await connectionRefusal(embeddedUrl(options.postgresPort, 'postgres'))) === undefined,
})

/** Who the process is at a broker that asks. */
const kafkaLogin = ({ kafkaAccess, data }: StartOptions, user: string): Record<string, string> =>
  kafkaAccess === undefined
    ? {}
    : {
        ...{ KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512' },
        ...{ KAFKA_SASL_USERNAME: user, KAFKA_SASL_PASSWORD_FILE: passwordFile(kafkaPasswordsIn(data), user) },
      }

/** One that asks who comes is ready when it knows everybody, once: it remembers. */
const brokerReadiness = (
  { brokerPort, kafkaAccess, data }: StartOptions,
  brokers: string,
): (() => Promise<boolean>) => {
  let granted = kafkaAccess === undefined
  return async () => {
    if (!(await accepts(brokerPort))) return false
    if (!granted) {
      const { adminOf, grantAll } = await import('./kafka-access/grant.ts')
      const passwords = kafkaPasswordsIn(data)
      await grantAll(adminOf([brokers], passwords), passwords)
      granted = true
    }
    return true
  }
}

const accessArguments = ({ brokerPort, data }: StartOptions): string[] => [
  `--config=${join(ROOT, 'deploy', 'broker', 'access.properties')}`,
  `--set=listeners=SASL_PLAINTEXT://127.0.0.1:${brokerPort}`,
  `--add-scram-file=${firstUserFile(kafkaPasswordsIn(data))}`,
]

const brokerArguments = (options: StartOptions, ports: Ports): string[] => [
  '--host=127.0.0.1',
  `--port=${options.brokerPort}`,
  `--http-port=${ports.brokerHttp}`,
  `--data-dir=${join(options.data, 'broker')}`,
  // A group's first rebalance waits for members to arrive; here all of them start at the same moment.
  '--set=group.initial.rebalance.delay.ms=0',
  ...(options.kafkaAccess ? accessArguments(options) : []),
]

/** Where each process finds the others. */
const addresses = (ports: Ports): Record<string, string> => ({
  ...Object.fromEntries(
    SERVICES.map((service) => [`${service.toUpperCase()}_URL`, `http://127.0.0.1:${ports[service]}`]),
  ),
  SIMULATORS_URL: `http://127.0.0.1:${ports.simulators}`,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: String(ports.smtp),
  CARRIER_CALLBACK_URL: `http://127.0.0.1:${ports.fulfillment}`,
})
