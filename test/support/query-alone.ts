import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { encode, type Message, topicOf } from '#libs/contracts'
import { kafkaPublisher } from '#libs/messaging'
import { startBroker } from '../../libs/testing/broker-process.ts'
import { applyMigrations } from '../../scripts/migrations/apply.ts'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { createDatabases, startPostgres } from '../../scripts/postgres/server.ts'
import { nodeFlags } from '../../scripts/processes.ts'
import { ROOT } from '../../scripts/root.ts'
import type { Answer } from './client.ts'
import { until } from './until.ts'

/** For an answer from a process that was killed and comes back. */
const LONGEST_WAIT_MS = 30_000
/** Records of one publish. */
const AT_ONCE = 2_000

/**
 * The query service as a process of its own, on a real PostgreSQL and a real broker, and nobody else: what it reads is what
 * its user publishes, so all that it should answer is known.
 */
export interface QueryAlone {
  /** Of the process that runs now. */
  readonly pid: number
  publish(messages: readonly Message[]): Promise<void>
  /** Asks until there is an answer, while the process is away as well. */
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: object): Promise<Answer<T>>
  /** `kill -9`; resolves when it is gone, and another one is being started. */
  kill9(): Promise<void>
  stop(): Promise<void>
}

export const startQueryAlone = async (): Promise<QueryAlone> => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-query-'))
  const [port, postgresPort] = (await freePorts(2)) as [number, number]
  const broker = await startBroker()
  const postgres = await startPostgres({ folder: join(folder, 'postgres'), port: postgresPort })
  await createDatabases(postgres.url, ['waybill_query'])
  const database = databaseUrl(postgresPort, 'waybill_query')
  await applyMigrations(database, 'query')
  const environment = {
    ...{ PORT: String(port), DATABASE_URL: database, KAFKA_BROKERS: broker.brokers },
    SERVICE_AUTH: 'off',
  }
  const start = (): ChildProcess =>
    spawn(process.execPath, [...nodeFlags('service'), join(ROOT, 'dist/apps/query/src/main.js')], {
      ...{ cwd: ROOT, stdio: 'ignore', env: { ...process.env, ...environment } },
    })
  let child = start()
  const url = `http://127.0.0.1:${port}`
  await until('query to be ready', async () => {
    if (child.exitCode !== null) throw new Error(`query ended with ${child.exitCode}`)
    return (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok || undefined
  })
  const publisher = kafkaPublisher({ brokers: [broker.brokers], clientId: 'test' })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return {
    get pid() {
      return child.pid!
    },
    publish: async (messages) => {
      for (let from = 0; from < messages.length; from += AT_ONCE)
        await publisher.publish(
          messages
            .slice(from, from + AT_ONCE)
            .map((message) => ({ topic: topicOf(message.type), record: encode(message) })),
        )
    },
    get: (path) => answered(`${url}${path}`),
    post: async (path, body = {}) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID(), 'x-actor': 'ann' }
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as never }
    },
    kill9: async () => {
      await end('SIGKILL')
      child = start()
    },
    stop: async () => {
      await publisher.close()
      await end('SIGTERM')
      await postgres.stop()
      await broker.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const answered = async <T>(url: string): Promise<T> => {
  const deadline = performance.now() + LONGEST_WAIT_MS
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.status === 200) return (await answer.json()) as T
    const comeAgain = answer === undefined || answer.status === 503
    if (!comeAgain || performance.now() > deadline)
      throw new Error(`GET ${url} answered ${answer?.status}: ${await answer?.text()}`)
    await pause(50)
  }
}
