import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freePorts } from '../postgres/free-port.ts'
import type { ProcessPlan } from '../processes.ts'
import { ROOT } from '../root.ts'
import { commandLine, endLeftovers, PidFiles } from './pid-files.ts'
import { System } from './system.ts'
import { Terminal } from './terminal.ts'
import { answersOk } from './wait.ts'

const LIFELINE = join(ROOT, 'dist/scripts/supervisor/lifeline.js')
const FIXTURE = join(ROOT, 'dist/scripts/supervisor/system.fixture.js')

let data: string
let pids: PidFiles
let system: System | undefined
const said: string[] = []
const terminal = new (class extends Terminal {
  override say(line = ''): void {
    said.push(line)
  }
})(['one', 'two'])

const plan = (name: string, port: number, after: string[] = [], program = FIXTURE): ProcessPlan => ({
  name,
  after,
  stage: after.length === 0 ? 1 : 2,
  address: `http://localhost:${port}`,
  launch: () => ({
    file: process.execPath,
    cwd: ROOT,
    args: ['--import', LIFELINE, program, data],
    env: { PORT: String(port) },
  }),
  isReady: () => answersOk(`http://127.0.0.1:${port}/health/ready`),
})

const systemOf = (plans: ProcessPlan[]): System => {
  system = new System({ data, plans, pids, terminal, verbose: false, prepareDatabase: async () => undefined })
  return system
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const isAlive = (pid: number): boolean => commandLine(pid) !== undefined

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'waybill-system-'))
  pids = new PidFiles(data)
  said.length = 0
})
afterEach(async () => {
  await system?.stop()
  rmSync(data, { recursive: true, force: true })
})

describe('System', () => {
  test('starts its processes, brings a killed one back, and leaves nothing when it stops', async () => {
    const [a, b] = (await freePorts(2)) as [number, number]
    const plans = [plan('one', a), plan('two', b, ['one'])]
    await systemOf(plans).start()
    const [one, two] = [pids.read('one')!, pids.read('two')!]
    expect(isAlive(one) && isAlive(two)).toBe(true)

    process.kill(two, 'SIGKILL')
    await eventually(() =>
      expect(said.join('\n')).toMatch(/two \| ended \(SIGKILL\): restarting it\n.*two \| ready again/),
    )
    const replacement = pids.read('two')!
    expect(replacement).not.toBe(two)
    expect(pids.read('one')).toBe(one)
    expect(system!.look()).toMatchObject([
      { name: 'one', state: 'up', pid: one, restarts: 0, lastEnd: undefined },
      { name: 'two', state: 'up', pid: replacement, restarts: 1, lastEnd: { cause: 'SIGKILL' } },
    ])
    expect(system!.look()[1]!.lines.at(-1)).toMatch(/fixture: ready/)

    await system!.stop()
    expect([one, two, replacement].filter(isAlive)).toEqual([])
    expect(pids.names()).toEqual([])
    expect(readFileSync(join(data, 'logs/two.log'), 'utf8')).toMatch(/fixture: ready/)
  })

  test('says which process cannot start, and why', async () => {
    const [port] = (await freePorts(1)) as [number]
    const taken = createServer((_, response) => response.writeHead(503).end())
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve))
    await expect(systemOf([plan('one', port)]).start()).rejects.toThrow(/one does not start: .*\n(.*\n)*.*EADDRINUSE/)
    taken.close()
  })

  test('its processes end when the supervisor dies without a word', async () => {
    const [port] = (await freePorts(1)) as [number]
    const supervisor = `
      import { spawn } from 'node:child_process'
      const child = spawn(process.execPath, ['--import', ${JSON.stringify(LIFELINE)}, ${JSON.stringify(FIXTURE)}],
        { stdio: ['pipe', 'inherit', 'inherit'], detached: true, env: { ...process.env, PORT: '${port}' } })
      console.log(child.pid)`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', supervisor], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (line) => resolve(Number(line))))
    await eventually(async () => expect(await answersOk(`http://127.0.0.1:${port}/`)).toBe(true))
    parent.kill('SIGKILL')
    await eventually(() => expect(isAlive(pid)).toBe(false))
  })
})

describe('endLeftovers', () => {
  test('ends what belongs to the data folder and spares a stranger with a pid of ours', async () => {
    const idle = ['-e', 'setInterval(() => undefined, 1000)']
    const ours = spawn(process.execPath, [...idle, data])
    const stranger = spawn(process.execPath, idle)
    pids.write('one', ours.pid!)
    pids.write('two', stranger.pid!)
    await eventually(() => expect(commandLine(ours.pid!)).toContain(data))
    expect(await endLeftovers(pids, data)).toEqual(['one'])
    expect(isAlive(stranger.pid!)).toBe(true)
    expect(pids.names()).toEqual([])
    stranger.kill('SIGKILL')
  })
})
