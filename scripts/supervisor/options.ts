import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface StartOptions {
  /** Everything that the running system keeps: databases, logs of the broker, ledgers, pid files and log files. */
  readonly data: string
  readonly port: number
  readonly samples: boolean
  readonly fresh: boolean
  readonly verbose: boolean
  /** Where the embedded PostgreSQL keeps its log beyond its own need, for a restore to a point in time. */
  readonly walArchive?: string
  readonly brokerPort: number
  readonly postgresPort: number
  /** A server to use instead of the embedded one, as the URL of any database on it. */
  readonly databaseUrl?: string
  /** A Kafka to use instead of the bundled broker: `host:port`, comma separated. */
  readonly kafkaBrokers?: string
  /** The bundled broker asks who comes, and each process may do there only what it must. */
  readonly kafkaAccess?: true
}

export const USAGE = `npm start [-- OPTIONS]
  --data DIR     where everything is kept (.waybill)
  --port N       the one address for users (8080)
  --fresh        forget what an earlier start left in DIR
  --no-samples   place no sample orders
  --verbose      show every log line here, not only warnings
  --wal-archive DIR  keep PostgreSQL's log there, on another disk: docs/backup.md
Environment: BROKER_PORT (9092), POSTGRES_PORT (54329); DATABASE_URL and KAFKA_BROKERS
use servers that are already there instead of the embedded ones. KAFKA_ACCESS=on: the
bundled broker asks who comes, each process is a user of its own (docs/broker.md).
AUTH=oidc: people log in, with OIDC_ISSUER at a provider of yours (docs/edge.md); with
that, HOST=0.0.0.0 opens the console to the network.`

/** What is wrong with how the program was called, for its user. */
export class UsageError extends Error {}

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  root: string,
): StartOptions => {
  const { values } = parse(args)
  const databaseUrl = env.DATABASE_URL || undefined
  const kafkaBrokers = env.KAFKA_BROKERS || undefined
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//.test(databaseUrl))
    throw new UsageError('DATABASE_URL: not a postgresql:// URL')
  if (!['on', 'off', '', undefined].includes(env.KAFKA_ACCESS))
    throw new UsageError(`KAFKA_ACCESS: on or off, not ${env.KAFKA_ACCESS}`)
  if (env.KAFKA_ACCESS === 'on' && kafkaBrokers !== undefined)
    throw new UsageError('KAFKA_ACCESS: users of a Kafka that is not bundled are made there, see docs/broker.md')
  return {
    data: values.data === undefined ? join(root, '.waybill') : resolve(values.data),
    port: portOf('--port', values.port, 8080),
    samples: !values['no-samples'],
    fresh: values.fresh ?? false,
    verbose: values.verbose ?? false,
    ...(values['wal-archive'] === undefined ? {} : { walArchive: resolve(values['wal-archive']) }),
    brokerPort: portOf('BROKER_PORT', env.BROKER_PORT || undefined, 9092),
    postgresPort: portOf('POSTGRES_PORT', env.POSTGRES_PORT || undefined, 54329),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(kafkaBrokers === undefined ? {} : { kafkaBrokers }),
    ...(env.KAFKA_ACCESS === 'on' ? { kafkaAccess: true } : {}),
  }
}

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        fresh: { type: 'boolean' },
        'no-samples': { type: 'boolean' },
        verbose: { type: 'boolean' },
        'wal-archive': { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

const portOf = (name: string, value: string | undefined, otherwise: number): number => {
  if (value === undefined) return otherwise
  const port = Number(value)
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535)
    throw new UsageError(`${name}: ${value} is not a port (1-65535)`)
  return port
}
