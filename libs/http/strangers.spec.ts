import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Controller, Get, Module, Post } from '@nestjs/common'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { credentials, Door, ServiceKeys, scrapeToken } from '#libs/service-tokens'
import { Actor } from './actor.ts'
import { authProblems } from './config.ts'
import { healthModule } from './health.ts'
import { createApplication } from './start-service.ts'

@Controller()
class TestController {
  @Get('who')
  who(@Actor() actor: string) {
    return { actor }
  }

  @Post('reports')
  reports() {
    return {}
  }
}

@Module({ imports: [healthModule({})], controllers: [TestController] })
class TestModule {}

configureLogging({ level: 'silent' })
let app: NestFastifyApplication
let folder: string
let file: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-keys-'))
  file = join(folder, 'service.keys')
  writeFileSync(file, randomBytes(32).toString('base64url'))
  app = await createApplication(TestModule, new Door('order', file), { callbacks: ['/reports'] })
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
})
afterAll(async () => {
  await app?.close()
  rmSync(folder, { recursive: true })
})

const inject = (method: 'GET' | 'POST', url: string, headers = {}, remoteAddress = '10.0.0.7') =>
  app.inject({ method, url, headers, remoteAddress })

test('who shows nothing is told so, at addresses that are served and that are not', async () => {
  for (const path of ['/who', '/nothing', '/internal/parked']) {
    const { status, headers, body } = await request(app.getHttpServer()).get(path)
    expect(status).toBe(401)
    expect(headers).toMatchObject({
      'content-type': expect.stringContaining('application/problem+json'),
      'www-authenticate': 'Bearer',
    })
    expect(body).toMatchObject({
      type: 'urn:waybill:problem:unauthenticated',
      status: 401,
      detail: expect.stringMatching(/token is missing/),
    })
  }
})

test('the actor is whom the token names, not the header', async () => {
  const shows = credentials(file, 'console', 'order')
  const ask = async (identity?: { actor: string }) => {
    const { body } = await inject('GET', '/who', {
      'x-actor': 'mallory',
      ...shows({ method: 'GET', path: '/who' }, identity),
    })
    return JSON.parse(body) as object
  }
  expect(await ask({ actor: 'ann' })).toEqual({ actor: 'operator:ann' })
  expect(await ask()).toEqual({ actor: 'operator:unnamed' })
  expect(await ask({ actor: 'no name' })).toMatchObject({ status: 400 })
})

test('a token lets in once, and only where it is for', async () => {
  const shown = credentials(file, 'console', 'order')({ method: 'GET', path: '/who' })
  expect((await inject('GET', '/who?more', shown)).statusCode).toBe(401)
  expect((await inject('GET', '/who', shown)).statusCode).toBe(200)
  const { statusCode, body } = await inject('GET', '/who', shown)
  expect([statusCode, JSON.parse(body)]).toEqual([
    401,
    expect.objectContaining({ detail: expect.stringMatching(/has been used/) }),
  ])
})

describe('without a token', () => {
  test.each(['/health/live', '/health/ready', '/metrics'])('%s is for the machine itself', async (path) => {
    expect((await inject('GET', path, {}, '127.0.0.1')).statusCode).toBe(200)
    expect((await inject('GET', path, {}, '::ffff:127.0.0.1')).statusCode).toBe(200)
    expect((await inject('GET', path)).statusCode).toBe(401)
  })

  test('a collector has the metrics, by what follows from the key, and nothing else', async () => {
    const headers = { authorization: `Bearer ${scrapeToken(new ServiceKeys(file).newest)}` }
    expect((await inject('GET', '/metrics', headers)).statusCode).toBe(200)
    expect((await inject('GET', '/health/ready', headers)).statusCode).toBe(401)
    expect((await inject('GET', '/who', headers)).statusCode).toBe(401)
  })

  test('partners report where they are expected', async () => {
    expect((await inject('POST', '/reports')).statusCode).toBe(201)
    expect((await inject('POST', '/reports/')).statusCode).toBe(401)
  })
})

test('who answers everybody may have addresses for services only', async () => {
  const open = await createApplication(TestModule, new Door('console', file), { only: ['/reports', '/metrics'] })
  await open.init()
  const ask = async (method: 'GET' | 'POST', url: string, headers = {}) =>
    (await open.inject({ method, url, headers, remoteAddress: '10.0.0.7' })).statusCode
  expect(await ask('GET', '/who')).toBe(200)
  expect(await ask('POST', '/reports')).toBe(401)
  expect(await ask('POST', '/reports?once')).toBe(401)
  expect(await ask('GET', '/metrics')).toBe(401)
  const scraper = { authorization: `Bearer ${scrapeToken(new ServiceKeys(file).newest)}` }
  expect(await ask('GET', '/metrics', scraper)).toBe(200)
  const target = { method: 'POST', path: '/reports' }
  expect(await ask('POST', '/reports', credentials(file, 'order', 'console')(target))).toBe(201)
  await open.close()
})

test('a service that nobody gave keys does not start, unless it answers the machine itself only', () => {
  expect(authProblems({ SERVICE_AUTH: 'on', SERVICE_KEY_FILE: file })).toEqual([])
  expect(authProblems({ SERVICE_AUTH: 'on' })).toEqual([expect.stringMatching(/^SERVICE_KEY_FILE: is required/)])
  expect(authProblems({ SERVICE_AUTH: 'on', SERVICE_KEY_FILE: join(folder, 'none') })).toEqual([
    expect.stringMatching(/^SERVICE_KEY_FILE: ENOENT/),
  ])
  expect(authProblems({ SERVICE_AUTH: 'off', HOST: 'localhost' })).toEqual([])
  expect(authProblems({ SERVICE_AUTH: 'off', HOST: '0.0.0.0' })).toEqual([expect.stringMatching(/^SERVICE_AUTH: /)])
})
