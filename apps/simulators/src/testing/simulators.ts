import 'reflect-metadata'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApplication } from '#libs/http'
import { configureLogging } from '#libs/observability'
import type { SimulatorsConfig } from '../config.ts'
import { SmtpListener } from '../mailbox/smtp-listener.ts'
import { simulatorsModule } from '../simulators.module.ts'

configureLogging({ level: 'silent' })

export interface Response {
  readonly status: number
  /** The media type, without parameters. */
  readonly type: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: bodies are what the tests check
  readonly body: any
}

export interface Simulators {
  readonly url: string
  readonly smtpPort: number
  get(path: string): Promise<Response>
  put(path: string, body: unknown): Promise<Response>
  post(path: string, key: string | undefined, body: unknown): Promise<Response>
  stop(): Promise<void>
}

export const temporaryDirectory = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'simulators-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** The whole application on ports of its own, with its ledgers in `directory`. */
export const startSimulators = async (
  directory: string,
  environment: Partial<SimulatorsConfig> = {},
): Promise<Simulators & AsyncDisposable> => {
  const config = { HOST: '127.0.0.1', PORT: 0, SMTP_PORT: 0, DATA_DIR: directory } as const
  const module = await simulatorsModule({
    ...config,
    PRODUCTS_FILE: 'data/products.json',
    CUSTOMERS_FILE: 'data/customers.json',
    LOG_LEVEL: 'silent',
    LOG_FORMAT: 'json',
    SERVICE_AUTH: 'off',
    OIDC_ISSUER: 'http://issuer.example/issuer',
    OIDC_AUDIENCE: 'waybill',
    RETENTION_DAYS: 30,
    RETENTION_ROWS: 5_000_000,
    ...environment,
  })
  const app = await createApplication(module)
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  const call = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url + path, init)
    const type = response.headers.get('content-type')?.split(';')[0]
    return { status: response.status, type, body: await response.json() }
  }
  const json = { 'content-type': 'application/json' }
  const stop = () => app.close()
  return {
    url,
    smtpPort: app.get(SmtpListener).port,
    get: (path) => call(path, {}),
    put: (path, body) => call(path, { method: 'PUT', headers: json, body: JSON.stringify(body) }),
    post: (path, key, body) => {
      const headers = { ...json, ...(key !== undefined && { 'idempotency-key': key }) }
      return call(path, { method: 'POST', headers, body: JSON.stringify(body) })
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
