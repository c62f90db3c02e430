import {
  type Definition,
  int,
  list,
  long,
  oneOf,
  password,
  SettingProblem,
  text,
  unset,
} from '../../config/setting-types.ts'
import { isMechanism, MECHANISMS } from './mechanism.ts'
import { principalMapper } from './principal-mapper.ts'

const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3']

const mechanisms: Definition<string> = {
  ...list(''),
  parse: (value) => {
    const names = value.split(',').map((name) => name.trim())
    const unknown = names.find((name) => !isMechanism(name))
    if (unknown === undefined) return names.join(',')
    return new SettingProblem(`There are the mechanisms ${MECHANISMS.join(', ')}`)
  },
}

const tlsVersions: Definition<string> = {
  ...list(TLS_VERSIONS.join(',')),
  parse: (value) => {
    const names = value.split(',').map((name) => name.trim())
    return names.every((name) => TLS_VERSIONS.includes(name))
      ? names.join(',')
      : new SettingProblem(`String must be one of: ${TLS_VERSIONS.join(', ')}`)
  },
}

const mappingRules: Definition<string> = {
  ...text('DEFAULT'),
  parse: (value) => {
    const mapper = principalMapper(value)
    return 'problem' in mapper ? new SettingProblem(mapper.problem) : value
  },
}

const jwksUrl: Definition<string> = {
  ...text(''),
  parse: (value) => {
    const isUrl = URL.canParse(value) && ['https:', 'http:', 'file:'].includes(new URL(value).protocol)
    return isUrl ? value : new SettingProblem('It must be a URL of https, http or file')
  },
}

const keystoreType = oneOf('JKS', 'PKCS12', 'PEM')

/** What is said of listeners with TLS or SASL; each of them can be said for one listener alone. */
export const authenticationSettings = {
  'connection.failed.authentication.delay.ms': int(100, 0, 10_000),
  'connections.max.reauth.ms': long(0),
  'sasl.enabled.mechanisms': mechanisms,
  'sasl.jaas.config': unset(password),
  'sasl.oauthbearer.clock.skew.seconds': int(30, 0, 3600),
  'sasl.oauthbearer.expected.audience': unset(list('')),
  'sasl.oauthbearer.expected.issuer': unset(text('')),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long(3_600_000, 1000),
  'sasl.oauthbearer.jwks.endpoint.url': unset(jwksUrl),
  'sasl.oauthbearer.sub.claim.name': text('sub'),
  'sasl.server.max.receive.size': int(524_288, 1024),
  'ssl.cipher.suites': list(''),
  'ssl.client.auth': oneOf('none', 'requested', 'required'),
  'ssl.crl.location': unset(text('')),
  'ssl.enabled.protocols': tlsVersions,
  'ssl.key.password': unset(password),
  'ssl.keystore.certificate.chain': unset(password),
  'ssl.keystore.key': unset(password),
  'ssl.keystore.location': unset(text('')),
  'ssl.keystore.password': unset(password),
  'ssl.keystore.type': keystoreType,
  'ssl.principal.mapping.rules': mappingRules,
  'ssl.truststore.certificates': unset(password),
  'ssl.truststore.location': unset(text('')),
  'ssl.truststore.type': keystoreType,
} as const satisfies Record<string, Definition<string | number | boolean | null>>

export type AuthenticationSetting = keyof typeof authenticationSettings

/** Those that one mechanism of one listener can have for itself. */
export const OF_MECHANISMS: readonly AuthenticationSetting[] = [
  'connections.max.reauth.ms',
  'sasl.jaas.config',
  'sasl.oauthbearer.clock.skew.seconds',
  'sasl.oauthbearer.expected.audience',
  'sasl.oauthbearer.expected.issuer',
  'sasl.oauthbearer.jwks.endpoint.refresh.ms',
  'sasl.oauthbearer.jwks.endpoint.url',
  'sasl.oauthbearer.sub.claim.name',
]

/** One sentence per setting. */
export const authenticationDocs: Record<AuthenticationSetting, string> = {
  'connection.failed.authentication.delay.ms': 'How long whoever fails to authenticate waits to be told.',
  'connections.max.reauth.ms':
    'A session lasts no longer than this unless the client authenticates again; 0: no limit.',
  'sasl.enabled.mechanisms': `Mechanisms of listeners with SASL, of ${MECHANISMS.join(', ')}.`,
  'sasl.jaas.config': "Users of PLAIN, given as listener.name.NAME.plain.sasl.jaas.config, in Java's form.",
  'sasl.oauthbearer.clock.skew.seconds': 'How far the clock of whoever issues tokens may be off.',
  'sasl.oauthbearer.expected.audience': 'One of these a token has to be meant for; unset: any.',
  'sasl.oauthbearer.expected.issuer': 'Who has to have issued a token; unset: anybody with a key.',
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': 'How old keys may be before they are fetched again.',
  'sasl.oauthbearer.jwks.endpoint.url': 'Where the keys are that tokens are verified with: https, http or file.',
  'sasl.oauthbearer.sub.claim.name': 'The claim of a token that names the principal.',
  'sasl.server.max.receive.size': 'The largest request of a client that has not authenticated.',
  'ssl.cipher.suites':
    "Cipher suites allowed besides those of TLS 1.3, by OpenSSL's names; empty: OpenSSL's own choice.",
  'ssl.client.auth': 'Whether clients show a certificate: none, requested or required.',
  'ssl.crl.location': "PEM file of revoked certificates; Kafka leaves these to Java's own settings.",
  'ssl.enabled.protocols': 'Versions of TLS that are spoken.',
  'ssl.key.password': 'Opens the private key.',
  'ssl.keystore.certificate.chain': 'The certificate and those between it and its authority, as PEM text.',
  'ssl.keystore.key': 'The private key as PEM text.',
  'ssl.keystore.location': 'File with key and certificate: PEM or PKCS12; read again when it changes.',
  'ssl.keystore.password': 'Opens the PKCS12 file.',
  'ssl.keystore.type': 'PEM or PKCS12; with the default it is told from the file.',
  'ssl.principal.mapping.rules': "How a certificate's distinguished name becomes a principal.",
  'ssl.truststore.certificates': 'Authorities of client certificates, as PEM text.',
  'ssl.truststore.location': 'PEM file of the authorities of client certificates; read again when it changes.',
  'ssl.truststore.type': 'PEM.',
}
