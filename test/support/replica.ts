import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { keyFilesIn, masterKeysIn } from '../../scripts/key-files.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { ROOT } from '../../scripts/root.ts'
import { type RunningSystem, UNLIMITED } from './system.ts'
import { until } from './until.ts'

/** One more process of a service, beside the one that the system keeps running: same database, same consumer group. */
export interface Replica {
  readonly pid: number
  /** SIGTERM; answers the exit code. */
  terminate(): Promise<number | null>
  kill(): void
}

export const startReplica = async (system: RunningSystem, service: string): Promise<Replica> => {
  const [port] = (await freePorts(1)) as [number]
  const child = spawn(process.execPath, [join(ROOT, 'dist/apps', service, 'src/main.js')], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      ...UNLIMITED,
      ...process.env,
      ...(await addresses(system)),
      PORT: String(port),
      DATABASE_URL: url(system, service),
    },
  })
  await until(`the second ${service} to be ready`, () => isReady(port, child))
  return {
    pid: child.pid!,
    terminate: async () => {
      child.kill('SIGTERM')
      const [code] = (await once(child, 'exit')) as [number | null]
      return code
    },
    kill: () => child.kill('SIGKILL'),
  }
}

const url = (system: RunningSystem, service: string): string => databaseUrl(system.postgresPort, `waybill_${service}`)

const isReady = async (port: number, child: ChildProcess): Promise<true | undefined> => {
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined)
  return answer?.ok || undefined
}

/** Where the services find what is beside Kafka and their database. */
const addresses = async (system: RunningSystem): Promise<Record<string, string>> => ({
  KAFKA_BROKERS: system.brokers.join(),
  CARRIER_WEBHOOK_SECRET_FILE: keyFilesIn(system.data).carrierSecrets,
  SERVICE_KEY_FILE: keyFilesIn(system.data).serviceKeys,
  SIMULATORS_URL: `http://127.0.0.1:${await system.portOf('simulators')}`,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: String(await system.portOf('smtp')),
  PAYMENT_PUBLIC_KEY_FILE: keyFilesIn(system.data).publicKey,
  PAYMENT_PRIVATE_KEYS_FILE: keyFilesIn(system.data).privateKeys,
  VAULT_URL: url(system, 'vault'),
  MASTER_KEYS_FILE: masterKeysIn(system.data),
  CARRIER_CALLBACK_URL: `http://127.0.0.1:${await system.portOf('fulfillment')}`,
})
