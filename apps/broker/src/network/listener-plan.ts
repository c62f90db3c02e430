import { ListenerSettings } from '../config/listener-settings.ts'
import type { ReadSettings } from '../config/settings.ts'
import { type Endpoint, endpointsOf, protocolsOf, type SecurityProtocol } from './endpoint.ts'

/** A listener as it is asked for. */
export interface ListenerPlan {
  readonly name: string
  readonly securityProtocol: SecurityProtocol
  /** Port 0: one that is free. */
  readonly address: Readonly<Endpoint>
  /** Where its clients are told to connect; without a port, the one that is listened on. */
  readonly advertised: { readonly host: string; readonly port?: number }
  readonly settings: ListenerSettings
}

/** What holds where no `listeners` are given. */
export interface SingleListener {
  readonly address: Readonly<Endpoint>
  readonly advertisedHost: string | undefined
}

type Problems = { readonly problems: readonly string[] }

/** The listeners that the settings ask for, or everything that is wrong with them, a sentence each. */
export function planListeners(read: ReadSettings, single: SingleListener): readonly ListenerPlan[] | Problems {
  const { given, ofListeners } = read
  const wanted =
    given.listeners === undefined ? [{ name: 'PLAINTEXT', ...single.address }] : endpointsOf(given.listeners)!
  const controllers = namesIn(given['controller.listener.names'])
  const opened = wanted.filter(({ name }) => !controllers.includes(name))
  const protocols = new Map([
    ...DEFAULT_PROTOCOLS,
    ...(protocolsOf(given['listener.security.protocol.map'] ?? '') ?? []),
  ])
  const told = (endpointsOf(given['advertised.listeners'] ?? '') ?? []).filter(
    ({ name }) => !controllers.includes(name),
  )
  const problems = [
    ...(opened.length === 0 ? ['"listeners" names none that clients could use'] : []),
    ...opened
      .filter(({ name }) => !protocols.has(name))
      .map(({ name }) => `"listener.security.protocol.map" does not say what the listener ${name} speaks`),
    ...told
      .filter(({ name }) => !opened.some((listener) => listener.name === name))
      .map(({ name }) => `"advertised.listeners" names ${name}, which is not in "listeners"`),
    ...strangersIn(
      Object.keys(ofListeners),
      opened.map(({ name }) => name),
    ),
    ...samePorts(opened),
  ]
  if (problems.length > 0) return { problems }
  return opened.map(({ name, host, port }) => {
    const endpoint = told.find((listener) => listener.name === name)
    const advertised = endpoint === undefined ? { host: reachable(host) } : { host: endpoint.host, port: endpoint.port }
    return {
      ...{ name, securityProtocol: protocols.get(name)!, address: { host, port } },
      advertised: { ...advertised, ...(single.advertisedHost !== undefined && { host: single.advertisedHost }) },
      settings: new ListenerSettings(name, ofListeners, given),
    }
  })
}

const DEFAULT_PROTOCOLS = protocolsOf('PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL')!

const namesIn = (text = ''): readonly string[] => text.split(',').map((name) => name.trim().toUpperCase())

/** Nobody can connect to "all interfaces". */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? 'localhost' : host)

function strangersIn(keys: readonly string[], names: readonly string[]): readonly string[] {
  const known = new Set(names.map((name) => name.toLowerCase()))
  return keys
    .filter((key) => !known.has(key.split('.')[2]!))
    .map((key) => `setting "${key}" is for a listener that is not in "listeners"`)
}

function samePorts(listeners: readonly Endpoint[]): readonly string[] {
  const seen = new Set<string>()
  return listeners.flatMap(({ host, port }) => {
    const address = `${host}:${port}`
    const isTwice = port > 0 && seen.has(address)
    seen.add(address)
    return isTwice ? [`"listeners" has ${address} twice`] : []
  })
}
