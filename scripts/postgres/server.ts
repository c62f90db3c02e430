import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { sessionSetup } from '../../libs/database/session.ts'
import { type ClusterOptions, databaseUrl, prepareCluster } from './cluster.ts'

export interface PostgresServer {
  /** Address of the server's maintenance database. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts a server that lives no longer than this process, for tests and tools. */
export const startPostgres = async (options: ClusterOptions): Promise<PostgresServer> => {
  const { file, args, ...identity } = await prepareCluster(options)
  const child = spawn(file, args, { ...identity, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output = `${output}${chunk}`.slice(-4_000)
  })
  const url = databaseUrl(options.port, 'postgres')
  const interrupt = () => void child.kill('SIGINT')
  process.once('exit', interrupt)
  const gone = once(child, 'exit').then(() => {
    throw new Error(`PostgreSQL stopped: ${output.trim()}`)
  })
  gone.catch(() => undefined)
  await Promise.race([untilReachable(url), gone])
  return {
    url,
    async stop() {
      process.off('exit', interrupt)
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      interrupt()
      await exited
    },
  }
}

/** Resolves when the server at `url` accepts a connection; rejects with its last answer after `seconds`. */
export const untilReachable = async (url: string, seconds = 60): Promise<void> => {
  const deadline = Date.now() + seconds * 1_000
  for (;;) {
    const refusal = await connectionRefusal(url)
    if (refusal === undefined) return
    if (Date.now() > deadline || !isTemporary(refusal)) throw refusal
    await sleep(25)
  }
}

/** Why the server does not let us in, if it does not. */
export const connectionRefusal = async (url: string): Promise<Error | undefined> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return undefined
  } catch (error) {
    return error as Error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** 57P03 is the server's "starting up"; 53300 "too many clients already". */
const TEMPORARY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P03',
  '53300',
])
const isTemporary = (error: Error & { code?: string }): boolean =>
  TEMPORARY.has(error.code ?? '') || /terminated|timeout/i.test(error.message)

/** Creates the databases that `server` lacks. Two callers at once are no problem. */
export const createDatabases = async (url: string, names: readonly string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sessionSetup())
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    const existing = new Set(rows.map(({ datname }) => datname))
    for (const name of names) {
      if (existing.has(name)) continue
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`).catch((error: { code?: string }) => {
        if (error.code !== '42P04' && error.code !== '23505') throw error
      })
    }
  } finally {
    await client.end()
  }
}
