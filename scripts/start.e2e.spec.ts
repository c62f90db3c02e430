import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freePorts } from './postgres/free-port.ts'
import { SERVICES } from './processes.ts'
import { ROOT } from './root.ts'
import { commandLine, PidFiles } from './supervisor/pid-files.ts'
import { answersOk } from './supervisor/wait.ts'

const ALL = [...SERVICES, 'console', 'simulators', ...(process.env.KAFKA_BROKERS ? [] : ['broker']), 'postgres']

let data: string
let ports: { console: number; broker: number; postgres: number }
const started: ChildProcess[] = []

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'waybill-start-'))
  const [one, two, three] = (await freePorts(3)) as [number, number, number]
  ports = { console: one, broker: two, postgres: three }
})
afterAll(async () => {
  for (const child of started) child.kill('SIGTERM')
  await Promise.all(started.map(async (child) => child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))))
  await eventually(() => expect(running()).toEqual([]))
  rmSync(data, { recursive: true, force: true })
})

/** `npm start` or `npm stop` as npm runs them, and what it has said so far. */
const run = (command: string, ...args: string[]) => runIn({}, command, ...args)

const runIn = (environment: Readonly<Record<string, string>>, command: string, ...args: string[]) => {
  const env = {
    ...process.env,
    ...environment,
    BROKER_PORT: String(ports.broker),
    POSTGRES_PORT: String(ports.postgres),
  }
  const child = spawn(process.execPath, [join(ROOT, 'scripts/bootstrap.mjs'), command, '--data', data, ...args], {
    env,
  })
  started.push(child)
  const process_ = { child, output: '', exit: once(child, 'exit').then(([code]) => code as number | null) }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      process_.output += chunk
    })
  return process_
}

const start = async (...args: string[]) => {
  const system = run('start', '--port', String(ports.console), '--no-samples', ...args)
  await Promise.race([eventually(() => expect(system.output).toMatch(/^ready http/m)), system.exit])
  expect(system.output).toMatch(/\nready http:\/\/localhost:\d+\n$/)
  return system
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 90_000, interval: 50 })
const pidOf = (name: string) => new PidFiles(data).read(name)
const isAlive = (pid: number | undefined): boolean => pid !== undefined && commandLine(pid) !== undefined
/** The processes of this system that are there, whatever became of their pid files. */
let seen: number[] = []
const running = (): number[] => seen.filter(isAlive)
const healthy = () => answersOk(`http://127.0.0.1:${ports.console}/api/health`)

describe('npm start', () => {
  test('an occupied port is named, with the way round it, before anything starts', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(ports.console, '127.0.0.1', resolve))
    const system = run('start', '--port', String(ports.console))
    expect(await system.exit).toBe(1)
    expect(system.output).toContain(`port ${ports.console}, for the console, is in use`)
    expect(system.output).toContain('--port N')
    expect(existsSync(join(data, 'logs'))).toBe(false)
    await new Promise((resolve) => taken.close(resolve))
  })

  test('without a login it is not opened to a network, whatever HOST says', async () => {
    const system = runIn({ HOST: '0.0.0.0' }, 'start', '--port', String(ports.console))
    expect(await system.exit).toBe(1)
    expect(system.output).toContain('AUTH: off is for a HOST of the machine itself, which 0.0.0.0 is not')
    expect(existsSync(join(data, 'logs'))).toBe(false)
  })

  test('runs every process, brings back the killed, refuses a second start, and npm stop leaves nothing', async () => {
    const system = await start()
    expect(system.output).toMatch(/^ {2}login +none, for this machine only \(AUTH=off\)$/m)
    const pids = ALL.map(pidOf)
    seen = pids.filter((pid) => pid !== undefined)
    expect(ALL.filter((_, i) => !isAlive(pids[i]))).toEqual([])

    const second = run('start')
    expect(await second.exit).toBe(1)
    expect(second.output).toMatch(/already running on .*npm stop/)

    for (const name of ['postgres', 'order']) {
      const before = pidOf(name)!
      process.kill(before, 'SIGKILL')
      await eventually(() => expect(system.output).toMatch(new RegExp(`^${name} *\\| ready again`, 'm')))
      expect(pidOf(name)).not.toBe(before)
      seen.push(pidOf(name)!)
    }
    await eventually(async () => expect(await healthy()).toBe(true))
    expect(readFileSync(join(data, 'logs/order.log'), 'utf8')).not.toBe('')

    const stop = run('stop')
    expect(await stop.exit).toBe(0)
    expect(await system.exit).toBe(0)
    expect(running()).toEqual([])
    expect(new PidFiles(data).names()).toEqual([])
  })

  test('when the supervisor is killed its processes end too, and the next start goes on with their data', async () => {
    const first = await start()
    seen = ALL.map((name) => pidOf(name)!)
    first.child.kill('SIGKILL')
    await eventually(() => expect(running()).toEqual([]))

    const second = await start()
    seen = ALL.map((name) => pidOf(name)!)
    second.child.kill('SIGINT')
    expect(await second.exit).toBe(0)
    expect(running()).toEqual([])
  })
})
