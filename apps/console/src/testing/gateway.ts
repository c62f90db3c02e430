import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { importJWK, type JWK, SignJWT } from 'jose'
import { createApplication, parseConfig } from '#libs/http'
import { newMasterKey } from '#libs/personal-data'
import { freePort } from '#libs/testing'
import { startSimulators, temporaryDirectory } from '../../../simulators/src/testing/simulators.ts'
import { settings } from '../config.ts'
import { connectGateway } from '../connect-gateway.ts'
import { consoleModule } from '../console.module.ts'
import type { RefusedDeed } from '../refusals/refusal-trail.ts'

const SERVICES = ['ORDER', 'PAYMENT', 'INVENTORY', 'FULFILLMENT', 'NOTIFICATION', 'QUERY', 'ANALYTICS']

export interface RunningGateway {
  readonly url: string
  readonly issuer: string
  /** What the development issuer signs with: for tokens that it would not give anybody. */
  readonly key: JWK
  /** On whose behalf the services were asked. */
  readonly actors: string[]
  /** What was given to be put on record. */
  readonly recorded: RefusedDeed[]
  /** Of one of its users, from the issuer itself. */
  tokenFor(user: string): Promise<string>
  /** Of the issuer's key, with these claims beside those that are right for `ada`. */
  tokenWith(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** May be called more than once. */
  stop(): Promise<void>
}

/**
 * The gateway as `npm start` runs it, without Kafka, with the real simulators and their issuer, and with one server that
 * stands for all services: to it, orders and quotes of the name `of-<customer>` are that customer's.
 */
export const startGateway = async (environment: Readonly<Record<string, string>>): Promise<RunningGateway> => {
  await using stack = new AsyncDisposableStack()
  const actors: string[] = []
  const recorded: RefusedDeed[] = []
  const service = await startStandIn(stack, actors, recorded)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const issuer = `${url}/issuer`
  const directory = stack.use(await temporaryDirectory())
  const simulators = stack.use(await startSimulators(directory.path, { OIDC_ISSUER: issuer }))
  const parsed = parseConfig(settings, {
    ...Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, service])),
    ...{ SIMULATORS_URL: simulators.url, PORT: String(port), KAFKA_BROKERS: '127.0.0.1:1', SERVICE_AUTH: 'off' },
    ...{ VAULT_URL: 'postgresql://127.0.0.1:1/none', MASTER_KEYS: newMasterKey() },
    ...{ OIDC_ISSUER: issuer, DEVELOPMENT_ISSUER: 'on', ...environment },
  })
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '))
  const app = await createApplication(consoleModule(parsed.config))
  connectGateway(app, parsed.config)
  await app.listen(port, '127.0.0.1')
  stack.defer(() => app.close())
  const [key] = JSON.parse(await readFile(join(directory.path, 'issuer-keys.json'), 'utf8')) as [JWK]
  const running = stack.move()
  return {
    ...{ url, issuer, key, actors, recorded },
    tokenFor: async (user) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: user })
      const answer = await fetch(`${issuer}/token`, { method: 'POST', body })
      return ((await answer.json()) as { access_token: string }).access_token
    },
    tokenWith: async (claims = {}, header = {}) =>
      new SignJWT({ iss: issuer, aud: 'waybill', sub: 'ada', roles: ['admin'], exp: now() + 300, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: key.kid!, typ: 'at+jwt', ...header })
        .sign(await importJWK(key, 'ES256')),
    stop: () => running.disposeAsync(),
  }
}

const now = () => Math.floor(Date.now() / 1_000)

const startStandIn = async (
  stack: AsyncDisposableStack,
  actors: string[],
  recorded: RefusedDeed[],
): Promise<string> => {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await request.toArray()).join('')
    if (request.url === '/internal/audit/refusals') {
      recorded.push(...(JSON.parse(body) as { deeds: RefusedDeed[] }).deeds)
      return response.writeHead(204).end()
    }
    actors.push(String(request.headers['x-actor']))
    const customerId = /\/(?:orders|quotes)\/of-([\w-]+)/.exec(request.url!)?.[1] ?? 'nobody'
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ customerId }))
  }
  const server = createServer((request, response) => void answer(request, response))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
