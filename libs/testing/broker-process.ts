import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'

import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../scripts/postgres/free-port.ts'

const root = resolve(import.meta.dirname, '../..').replace(/\/dist$/, '')
const MAIN = join(root, 'dist/apps/broker/src/main.js')
const READY = /^broker ready (.+):(\d+)$/m
const START_TIMEOUT_MS = 30_000

export interface BrokerProcess {
  readonly port: number
  /** For `KAFKA_BROKERS` and for clients. */
  readonly brokers: string
  readonly dataDir: string
  readonly httpPort: number
  /** Of the process that runs now. */
  pid(): number
  /** SIGKILL, as if the machine had lost power except that the page cache survives. */
  kill9(): Promise<void>
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>
  /** Starts it again on the same port and data directory; stops it first if it runs. */
  restart(): Promise<void>
  /** Starts it and kills it so many milliseconds later, whatever it has come to by then. */
  startAndKill9(afterMs: number): Promise<void>
  /** Stops it and removes a data directory that was made for it. */
  close(): Promise<void>
}

export interface BrokerProcessOptions {
  /** Default: a new temporary directory that `close` removes. */
  readonly dataDir?: string
  /** Kafka's server settings. Groups form at once unless this says otherwise. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>
}

/** The real broker in its own process, on a free port of the loopback interface. */
export async function startBroker(options: BrokerProcessOptions = {}): Promise<BrokerProcess> {
  await buildIfStale()
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'waybill-broker-')))
  const [port, httpPort] = (await freePorts(2)) as [number, number]
  const settings = { 'group.initial.rebalance.delay.ms': 0, ...options.settings }
  const args = ['--port', `${port}`, '--http-port', `${httpPort}`, '--data-dir', dataDir]
  for (const [name, value] of Object.entries(settings)) args.push('--set', `${name}=${value}`)
  let child = await launch(args)

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exit = once(child, 'exit')
    child.kill(signal)
    const [code] = await exit
    return code as number | null
  }
  return {
    ...{ port, httpPort, dataDir, brokers: `127.0.0.1:${port}` },
    pid: () => child.pid!,
    kill9: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    restart: async () => {
      await end('SIGTERM')
      child = await launch(args)
    },
    startAndKill9: async (afterMs) => {
      await end('SIGTERM')
      child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' })
      await pause(afterMs)
      await end('SIGKILL')
    },
    close: async () => {
      await end('SIGTERM')
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Runs the broker's main with these arguments; resolves when it accepts connections, rejects with what it said. */
async function launch(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  await new Promise<void>((resolveReady, reject) => {
    const timer = setTimeout(() => reject(new Error(`the broker did not start in time\n${output}`)), START_TIMEOUT_MS)
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-10_000)
      if (READY.test(output)) {
        clearTimeout(timer)
        resolveReady()
      }
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the broker ended with code ${code}\n${output}`))
    })
  })
  return child
}

/** Runs the broker's main to its end, for arguments that it refuses. */
export async function runBroker(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  await buildIfStale()
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const [code] = await once(child, 'close')
  return { code: code as number | null, output }
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0]!

/** Tests run on what is compiled; sources changed since then are compiled first, by one test process for all. */
async function buildIfStale(): Promise<void> {
  while (await isStale()) {
    const lock = join(root, 'node_modules/.cache/waybill-broker-build')
    await mkdir(dirname(lock), { recursive: true })
    const isMine = await mkdir(lock).then(
      () => true,
      () => false,
    )
    if (!isMine) {
      const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }))
      if (Date.now() - mtimeMs > START_TIMEOUT_MS) await rm(lock, { recursive: true, force: true })
      await pause(100)
      continue
    }
    try {
      await compile()
    } finally {
      await rm(lock, { recursive: true, force: true })
    }
    return
  }
}

async function compile(): Promise<void> {
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: root, stdio: 'ignore' })
  // Errors elsewhere do not keep the broker from being emitted; if it is missing, starting it says so.
  await once(child, 'exit')
}

async function isStale(): Promise<boolean> {
  const built = await stat(join(root, 'dist/.tsbuildinfo')).catch(() => undefined)
  if (built === undefined || (await stat(MAIN).catch(() => undefined)) === undefined) return true
  for await (const file of glob('{apps/broker,libs/kafka-protocol,libs/observability}/**/*.ts', { cwd: root })) {
    if (file.endsWith('.spec.ts')) continue
    const { mtimeMs } = await stat(join(root, file))
    if (mtimeMs > built.mtimeMs) return true
  }
  return false
}
