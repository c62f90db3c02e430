import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADMIN, passwordFile } from '../../scripts/kafka-access/password-files.ts'
import { kafkaPasswordsIn } from '../../scripts/key-files.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { ROOT } from '../../scripts/root.ts'
import { until } from './until.ts'

/** A whole Waybill, as `npm start` starts it: every service a process of its own, real Postgres, real broker. */
export interface RunningSystem {
  readonly url: string
  /** The folder with everything that it keeps. */
  readonly data: string
  /** Where its Kafka listens: the bundled broker, or what `KAFKA_BROKERS` named. */
  readonly brokers: string[]
  readonly bundledBroker: boolean
  /** Port of the embedded PostgreSQL. */
  readonly postgresPort: number
  /** Every process of the system that has a pid file, by name. */
  processes(): Promise<Map<string, number>>
  pidOf(process: string): Promise<number>
  /** HTTP port of a service or of the simulators. */
  portOf(process: string): Promise<number>
  /** `kill -9`, now; resolves when the supervisor has started it again. */
  killAndAwaitRestart(process: string): Promise<void>
  /** Ends it, now, by this signal; resolves when the supervisor has started it again. */
  endAndAwaitRestart(process: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  stop(): Promise<void>
}

/** A few customers place here in a minute what others do in a year, and want to hear of all of it. */
export const UNLIMITED = { NOTIFICATIONS_PER_HOUR: '1000000' }

/**
 * @param folder for its data, of which nothing is removed at first; else a new one.
 * @param environment variables for every process, beside those of this one.
 * @param options of `npm start`, beside those for its ports and its data.
 */
export const startSystem = async (
  folder?: string,
  environment: Readonly<Record<string, string>> = {},
  options: readonly string[] = [],
): Promise<RunningSystem> => {
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'waybill-e2e-')))
  const [port, brokerPort, postgresPort] = (await freePorts(3)) as [number, number, number]
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'dist/scripts/start.js'),
      '--data',
      data,
      '--port',
      String(port),
      '--no-samples',
      ...(folder ? [] : ['--fresh']),
      ...options,
    ],
    {
      cwd: ROOT,
      env: {
        ...UNLIMITED,
        ...process.env,
        ...environment,
        BROKER_PORT: String(brokerPort),
        POSTGRES_PORT: String(postgresPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  await ready(child)
  const pidOf = async (name: string): Promise<number> =>
    Number(await readFile(join(data, 'run', `${name}.pid`), 'utf8'))
  const endAndAwaitRestart: RunningSystem['endAndAwaitRestart'] = async (name, signal) => {
    const old = await pidOf(name)
    process.kill(old, signal)
    await until(`${name} to be started again`, async () => {
      const pid = await pidOf(name).catch(() => old)
      return pid !== old || undefined
    })
  }
  const named = process.env.KAFKA_BROKERS
  return {
    url: `http://127.0.0.1:${port}`,
    data,
    brokers: named ? named.split(',') : [`127.0.0.1:${brokerPort}`],
    bundledBroker: !named,
    postgresPort,
    processes: async () => {
      const names = (await readdir(join(data, 'run')))
        .filter((file) => file.endsWith('.pid'))
        .map((file) => file.slice(0, -4))
      return new Map(await Promise.all(names.map(async (name) => [name, await pidOf(name)] as const)))
    },
    pidOf,
    portOf: async (name) => JSON.parse(await readFile(join(data, 'ports.json'), 'utf8'))[name],
    killAndAwaitRestart: (name) => endAndAwaitRestart(name, 'SIGKILL'),
    endAndAwaitRestart,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      if (folder === undefined) await rm(data, { recursive: true, force: true })
    },
  }
}

/** A system whose broker asks who comes, for `startSystem`; another Kafka is as it is. */
export const WITH_ACCESS: Readonly<Record<string, string>> = process.env.KAFKA_BROKERS ? {} : { KAFKA_ACCESS: 'on' }

export const passwordOf = ({ data }: RunningSystem, user: string): Promise<string> =>
  readFile(passwordFile(kafkaPasswordsIn(data), user), 'utf8')

/** From now on clients of this process come to such a broker as its admin. */
export const asAdmin = async (system: RunningSystem): Promise<void> => {
  if (!system.bundledBroker) return
  Object.assign(process.env, { KAFKA_SASL_USERNAME: ADMIN, KAFKA_SASL_PASSWORD: await passwordOf(system, ADMIN) })
}

/** Resolves at the line `ready …`; rejects with everything it said when it ends before. */
const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = ''
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      if (/^ready http/m.test(output)) resolve()
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('exit', (code) => reject(new Error(`the system ended with ${code} before it was ready:\n${output}`)))
  })
