import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProcessLook } from '../system.ts'
import { ControlServer } from './control-server.ts'
import { Pauses } from './pauses.ts'
import { type CommandRequest, ProcessControl } from './process-control.ts'
import { signalAll } from './process-family.ts'
import { Trail } from './trail.ts'

/** Says something every few milliseconds, by a child: that is silent only when both are frozen. */
const TICKER = `setInterval(() => process.stdout.write('.'), 5)`
const PARENT = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(TICKER)}], { stdio: ['ignore', 'inherit', 'ignore'] })`

let folder: string
let file: string
let child: ChildProcess
let heard: number
let trail: Trail
const pauses: Pauses[] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-control-'))
  file = join(folder, 'operations.jsonl')
  trail = new Trail(file)
  child = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  heard = 0
  child.stdout!.on('data', (chunk: Buffer) => {
    heard += chunk.length
  })
  await hearing()
})
afterEach(async () => {
  for (const each of pauses.splice(0)) await each.resumeAll()
  signalAll([-child.pid!], 'SIGKILL')
  trail.close()
  rmSync(folder, { recursive: true })
})

const look = (): ProcessLook[] => [
  {
    ...{
      name: 'payment',
      state: 'up' as const,
      pid: child.exitCode === null && child.signalCode === null ? child.pid : undefined,
    },
    ...{ startedAt: 0, restarts: 0, lastEnd: undefined, lines: ['ready'] },
  },
]
const controlFor = (longestMs?: number): ProcessControl => {
  pauses.push(new Pauses(longestMs))
  return new ProcessControl(look, trail, pauses.at(-1))
}
const asked = (command: CommandRequest['command'], key: string): CommandRequest => ({
  ...{ name: 'payment', command, key, fingerprint: 'f', actor: 'operator:ann', reason: 'to see it' },
})
const until = (check: () => unknown) => expect.poll(check, { interval: 10, timeout: 20_000 }).toBe(true)
const hearing = () => {
  const before = heard
  return until(() => heard > before)
}
/** What was on its way is through when two looks find the same. */
const silence = () => {
  let before = -1
  return expect
    .poll(
      () => {
        const same = heard === before
        before = heard
        return same
      },
      { interval: 100, timeout: 20_000 },
    )
    .toBe(true)
}

describe('a process', () => {
  test('is paused with its children, is not paused twice, and goes on when it is told to', async () => {
    const control = controlFor()
    expect(await control.command(asked('pause', '1'))).toMatchObject({ status: 202, body: { pid: child.pid } })
    await silence()
    expect(await control.state()).toMatchObject([{ state: 'paused', commands: ['kill', 'resume'] }])
    expect(await control.command(asked('pause', '2'))).toMatchObject({
      status: 409,
      body: { reason: expect.stringMatching(/paused already/) },
    })
    expect((await control.command(asked('resume', '3'))).status).toBe(202)
    await hearing()
    expect(await control.state()).toMatchObject([{ state: 'up', memoryBytes: expect.any(Number), lines: ['ready'] }])
  })

  test('goes on by itself when nobody says so', async () => {
    const control = controlFor(200)
    expect((await control.command(asked('pause', '1'))).status).toBe(202)
    await expect.poll(() => control.state(), { interval: 20, timeout: 20_000 }).toMatchObject([{ state: 'up' }])
    await hearing()
    expect(await control.command(asked('resume', '2'))).toMatchObject({ status: 409 })
  })

  test('is killed once for each key, also when it is asked of a later supervisor', async () => {
    expect((await controlFor().command(asked('kill', '1'))).status).toBe(202)
    await once(child, 'exit')
    trail.close()
    trail = new Trail(file)
    const later = controlFor()
    expect(await later.command(asked('kill', '1'))).toMatchObject({ status: 202, body: { replayed: true } })
    expect((await later.command({ ...asked('kill', '1'), fingerprint: 'other' })).status).toBe(422)
    expect(await later.command(asked('kill', '2'))).toMatchObject({
      status: 409,
      body: { reason: expect.stringMatching(/does not run/) },
    })
    expect(await later.command({ ...asked('kill', '3'), name: 'nobody' })).toMatchObject({ status: 404 })
    expect(trail.list({}, Number.POSITIVE_INFINITY, 10)).toMatchObject([
      { seq: 2, action: 'process.kill', outcome: 'refused', actor: 'operator:ann', target: 'process/payment' },
      { seq: 1, action: 'process.kill', outcome: 'done', reason: 'to see it' },
    ])
  })

  test('is left alone when what is done cannot be put on record', async () => {
    trail.close()
    trail = new Trail(file, 0)
    expect(await controlFor().command(asked('kill', '1'))).toMatchObject({ status: 409, body: { type: 'trail-full' } })
    expect(child.signalCode).toBeNull()
  })
})

describe('the trail', () => {
  test('knows what was changed, and takes away what a crash cut off', () => {
    const deed = { actor: 'operator:ann', action: 'process.kill', target: 'process/payment', outcome: 'done' } as const
    for (let i = 0; i < 3; i++) trail.record(deed)
    appendFileSync(file, '{"seq":4,"ac')
    trail.close()
    trail = new Trail(file)
    trail.record(deed)
    expect(trail.verify()).toEqual({ holds: true, entries: 4 })
    expect(trail.list({ target: 'process/' }, 4, 2).map(({ seq }) => seq)).toEqual([3, 2])
    expect(trail.list({ actor: 'operator:ben' }, 9, 2)).toEqual([])
    const lines = readFileSync(file, 'utf8')
    writeFileSync(file, lines.replace('"seq":2', '"seq":2,"reason":"another"'))
    expect(trail.verify()).toMatchObject({ holds: false, brokenAt: 2 })
  })
})

test('only who holds the token may ask, and nothing else is served', async () => {
  const server = new ControlServer()
  await server.listen()
  const { SUPERVISOR_URL: url, SUPERVISOR_TOKEN: token } = server.environment
  const ask = async (path: string, authorization: string) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization } })
    return { status: answer.status, body: (await answer.json()) as object }
  }
  expect((await ask('/processes', `Bearer ${token}`)).status).toBe(503)
  server.serve({ trail, control: controlFor() })
  expect((await ask('/processes', 'Bearer guessed')).status).toBe(401)
  expect(await ask('/processes', `Bearer ${token}`)).toMatchObject({
    status: 200,
    body: { items: [{ name: 'payment' }] },
  })
  expect((await ask('/elsewhere', `Bearer ${token}`)).status).toBe(404)
  const tooMuch = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: 'x'.repeat(20_000) }
  expect((await fetch(`${url}/commands`, tooMuch)).status).toBe(503)
  await server.close()
})
