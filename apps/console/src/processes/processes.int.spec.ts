import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { afterEach, expect, test } from 'vitest'
import { createApplication } from '#libs/http'
import { configureLogging } from '#libs/observability'
import { ProcessesController } from '../api/processes.controller.ts'
import { Forwarder } from '../forwarder.ts'
import type { ServiceName } from '../services.ts'
import { Supervisor } from './supervisor.ts'
import { SUPERVISOR } from './token.ts'

configureLogging({ level: 'silent' })

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step()
})

/** The gateway's routes about processes, with this supervisor; no service is there. */
const start = async (supervisor: Supervisor | null) => {
  const services = [
    'order',
    'payment',
    'inventory',
    'fulfillment',
    'notification',
    'query',
    'analytics',
    'simulators',
  ] as const
  const nowhere = Object.fromEntries(services.map((name) => [name, 'http://127.0.0.1:1'])) as Record<
    ServiceName,
    string
  >
  @Module({
    controllers: [ProcessesController],
    providers: [
      { provide: Forwarder, useValue: new Forwarder(nowhere) },
      { provide: SUPERVISOR, useValue: supervisor },
    ],
  })
  class TestModule {}
  const app = await createApplication(TestModule)
  await app.listen(0, '127.0.0.1')
  cleanUp.push(() => app.close())
  const url = await app.getUrl()
  return async (path = '', headers?: Record<string, string>) => {
    const answer = await fetch(`${url}/api/processes${path}`, headers && { method: 'POST', headers })
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
  }
}

/** Stands for the supervisor: notes what it is told, and answers so. */
const startSupervisor = async (status: number, answer: object) => {
  const told: { authorization: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      told.push({ authorization: request.headers.authorization, body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const supervisor = new Supervisor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'secret')
  cleanUp.push(
    () => server.close(),
    () => supervisor.close(),
  )
  return { supervisor, told }
}

test('where no supervisor is, it is said what to type', async () => {
  const ask = await start(null)
  expect(await ask('/payment/kill', { 'idempotency-key': 'a' })).toMatchObject({
    status: 501,
    body: { detail: expect.stringContaining('docker compose kill -s KILL payment') },
  })
  expect(await ask('/nobody/kill', { 'idempotency-key': 'a' })).toMatchObject({ status: 404 })
  const { supervised, items } = (await ask()).body as { supervised: boolean; items: object[] }
  expect(supervised).toBe(false)
  expect(items).toContainEqual(expect.objectContaining({ name: 'payment', state: 'down', commands: [] }))
  expect(items).toContainEqual(
    expect.objectContaining({
      name: 'postgres',
      byHand: expect.objectContaining({ pause: 'docker compose pause postgres' }),
    }),
  )
})

test('the supervisor is told once it is clear what is asked, by whom and under which key', async () => {
  const { supervisor, told } = await startSupervisor(202, {
    process: 'payment',
    pid: 7,
    accepted: 'kill',
    replayed: true,
  })
  const ask = await start(supervisor)
  expect((await ask('/payment/kill', {})).body.type).toBe('urn:waybill:problem:idempotency-key')
  expect((await ask('/payment/kill', { 'idempotency-key': 'a', 'x-actor': 'no name' })).status).toBe(400)
  expect((await ask('/payment/hug', { 'idempotency-key': 'a' })).status).toBe(404)
  expect(told).toEqual([])
  const answer = await ask('/payment/kill', { 'idempotency-key': '"a"', 'x-actor': 'ann' })
  expect(answer).toMatchObject({ status: 202, body: { process: 'payment', pid: 7, accepted: 'kill' } })
  expect(answer.headers.get('idempotent-replayed')).toBe('true')
  expect(told).toMatchObject([{ authorization: 'Bearer secret' }])
  expect(JSON.parse(told[0]!.body)).toMatchObject({ name: 'payment', command: 'kill', key: 'a', actor: 'operator:ann' })
})

test('what the supervisor refuses is a problem, and one that is away is named', async () => {
  const refusing = await startSupervisor(409, { type: 'process-refuses', detail: 'payment is not paused', reason: 'r' })
  const ask = await start(refusing.supervisor)
  expect(await ask('/payment/resume', { 'idempotency-key': 'a' })).toMatchObject({
    status: 409,
    body: { type: 'urn:waybill:problem:process-refuses', detail: 'payment is not paused', reason: 'r' },
  })
  const gone = new Supervisor('http://127.0.0.1:1', 'secret')
  cleanUp.push(() => gone.close())
  expect(await (await start(gone))()).toMatchObject({ status: 503, body: { missing: ['supervisor'] } })
})
