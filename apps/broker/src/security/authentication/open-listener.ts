import type { Broker } from '../../broker.ts'
import type { Listener } from '../../network/listener.ts'
import type { ListenerPlan } from '../../network/listener-plan.ts'
import { established } from './authenticator.ts'
import { plainUsers, readJaas } from './jaas.ts'
import { isMechanism, type Mechanism, type MechanismName } from './mechanism.ts'
import { oauthbearerMechanism } from './oauthbearer.ts'
import { plainMechanism } from './plain.ts'
import { SaslSession } from './sasl-session.ts'
import { scramMechanism } from './scram.ts'
import { TlsCertificates } from './tls-certificates.ts'
import { tokenVerifier } from './token-verifier.ts'

/** Throws, with a sentence for people, where a listener cannot do what its settings ask for. */
export function openListener(broker: Broker, plan: ListenerPlan): Listener {
  const { name, securityProtocol, address, advertised, settings } = plan
  const log = (message: string) => `listener ${name}: ${message}`
  try {
    const authenticator = securityProtocol.startsWith('SASL') ? saslAuthenticator(broker, plan) : established
    const tls = securityProtocol.endsWith('SSL') ? certificates(broker, plan) : undefined
    const own = (limit: 'max.connections' | 'max.connection.creation.rate') =>
      Number(settings.ofListener(limit) ?? Number.POSITIVE_INFINITY)
    const limits = { total: own('max.connections'), rate: own('max.connection.creation.rate') }
    return {
      ...{ name, securityProtocol, address: { ...address }, advertised: { port: 0, ...advertised }, authenticator },
      limits: () => limits,
      maxBytesBefore: settings.get('sasl.server.max.receive.size'),
      ...(tls !== undefined && { tls }),
    }
  } catch (error) {
    throw new Error(log((error as Error).message), { cause: error })
  }
}

function certificates(broker: Broker, { name, settings }: ListenerPlan): TlsCertificates {
  return new TlsCertificates(settings, (renewed) => {
    if ('problem' in renewed) {
      const { message: reason } = renewed.problem
      broker.log.error('changed certificates cannot be used; those of before stay', { listener: name, reason })
    } else broker.log.info('certificates renewed', { listener: name, expires: renewed.expires })
  })
}

function saslAuthenticator(broker: Broker, plan: ListenerPlan): Listener['authenticator'] {
  const { name: listener, settings } = plan
  const names = settings.get('sasl.enabled.mechanisms').split(',').filter(isMechanism)
  if (names.length === 0) throw new Error('sasl.enabled.mechanisms names no mechanism')
  const rules = {
    mechanisms: names.map((name) => mechanism(name, broker, plan)),
    maxSessionMs: (name: string) => settings.get('connections.max.reauth.ms', name),
    failureDelayMs: settings.get('connection.failed.authentication.delay.ms'),
    clock: broker.clock,
  }
  return (_byTls, client) =>
    new SaslSession({ ...rules, report: (outcome) => broker.authentications.add(listener, client, outcome) })
}

function mechanism(name: MechanismName, broker: Broker, { settings }: ListenerPlan): Mechanism {
  switch (name) {
    case 'PLAIN':
      return plainMechanism(usersOf(settings.ofMechanism('sasl.jaas.config', name)))
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return scramMechanism(name, (user) => broker.controller.scramCredential(user, name))
    case 'OAUTHBEARER':
      return oauthbearerMechanism(tokenVerifier(tokenRules(settings), broker.clock.now))
  }
}

function usersOf(jaas: string | undefined): ReadonlyMap<string, string> {
  if (jaas === undefined) throw new Error('its setting plain.sasl.jaas.config does not say who the users are')
  const entry = readJaas(jaas)
  if ('problem' in entry) throw new Error(`plain.sasl.jaas.config: ${entry.problem}`)
  return plainUsers(entry)
}

function tokenRules(settings: ListenerPlan['settings']) {
  const of = <N extends Parameters<typeof settings.get>[0]>(name: N) => settings.get(name, 'OAUTHBEARER')
  const url = of('sasl.oauthbearer.jwks.endpoint.url')
  if (url === null) throw new Error('sasl.oauthbearer.jwks.endpoint.url does not say where the keys are')
  return {
    jwksUrl: new URL(url),
    refreshMs: of('sasl.oauthbearer.jwks.endpoint.refresh.ms'),
    issuer: of('sasl.oauthbearer.expected.issuer') ?? undefined,
    audiences: (of('sasl.oauthbearer.expected.audience') ?? '').split(',').flatMap((text) => text.trim() || []),
    clockSkewSeconds: of('sasl.oauthbearer.clock.skew.seconds'),
    subjectClaim: of('sasl.oauthbearer.sub.claim.name'),
  }
}
