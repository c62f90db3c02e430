import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '#libs/http'
import { providerSettings } from '../../apps/console/src/auth/connect-login.ts'
import { tokenSettings } from '../../apps/console/src/auth/token-settings.ts'
import { settings } from '../../apps/console/src/config.ts'
import { simulatorsEnvironment } from '../../apps/simulators/src/config.ts'
import { loginProblems } from '../../libs/http/login-problems.ts'
import { ROOT } from '../../scripts/root.ts'
import { interpolate } from '../support/interpolate.ts'

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
}

const servicesOf = (file: string, environment: Readonly<Record<string, string>>) => {
  const value = (_: unknown, read: unknown) => (typeof read === 'string' ? interpolate(read, environment) : read)
  const compose = parse(readFileSync(join(ROOT, file), 'utf8'), value, { merge: true })
  return (compose as { services: Record<string, ComposeService> }).services
}

/** The gateway and the issuer as compose sets them for whoever has these variables. */
const composed = (environment: Readonly<Record<string, string>> = {}) => {
  const { console: gateway, simulators } = servicesOf('docker-compose.yml', environment)
  const read = parseConfig(settings, gateway!.environment!)
  const issuer = parseConfig(simulatorsEnvironment, simulators!.environment!)
  if ('problems' in read || 'problems' in issuer) throw new Error(JSON.stringify([read, issuer]))
  return { config: read.config, ports: gateway!.ports!, signsAs: issuer.config.OIDC_ISSUER }
}

test.each([{}, { WAYBILL_PORT: '9000' }])('with %j people log in where they reach the gateway', (environment) => {
  const { config, ports, signsAs } = composed(environment)
  const address = `http://localhost:${environment.WAYBILL_PORT ?? 8080}`
  expect(config.AUTH).toBe('oidc')
  expect(loginProblems(config)).toEqual([])
  expect(signsAs).toBe(`${address}/issuer`)
  expect(tokenSettings(config)).toMatchObject({ issuer: signsAs, jwksUrl: 'http://127.0.0.1:8080/issuer/jwks' })
  expect(providerSettings(config)).toMatchObject({
    ...{ issuer: signsAs, authorizationUrl: `${address}/issuer/authorize` },
    tokenUrl: 'http://127.0.0.1:8080/issuer/token',
  })
  // Whoever reaches the port is given a token by this issuer.
  expect(ports).toEqual([`127.0.0.1:${environment.WAYBILL_PORT ?? 8080}:8080`])
})

test('with another provider the issuer that gives anybody a token is gone, or nothing starts', () => {
  const theirs = { OIDC_ISSUER: 'https://login.example', OIDC_CLIENT_ID: 'waybill' }
  const { config, signsAs } = composed({ ...theirs, DEVELOPMENT_ISSUER: 'off' })
  expect(loginProblems(config)).toEqual([])
  // Where its endpoints are is for its discovery document to say.
  const { issuer, jwksUrl } = tokenSettings(config)
  const { clientId, authorizationUrl, tokenUrl } = providerSettings(config)
  expect([issuer, clientId]).toEqual(Object.values(theirs))
  expect([jwksUrl, authorizationUrl, tokenUrl]).toEqual([undefined, undefined, undefined])
  expect(signsAs).not.toBe(theirs.OIDC_ISSUER)
  expect(loginProblems(composed(theirs).config)).toEqual([expect.stringContaining('DEVELOPMENT_ISSUER')])
})

test('AUTH=off is for whoever says so', () => {
  const { config } = composed({ AUTH: 'off' })
  expect([config.AUTH, loginProblems(config)]).toEqual(['off', []])
})

test.each(['docker-compose.kafka.yml', 'docker-compose.observability.yml'])('%s leaves that as it is', (file) => {
  const { console: gateway, simulators } = servicesOf(file, {})
  for (const { environment = {}, ports } of [gateway!, simulators!]) {
    expect(Object.keys(environment).filter((name) => /AUTH|ISSUER|OIDC|TRUSTED/.test(name))).toEqual([])
    expect(ports).toBeUndefined()
  }
})
