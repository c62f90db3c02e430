import { type Definition, list, SettingProblem } from '../config/setting-types.ts'

/** A host and a port, as one listens at or is told to connect to. */
export interface Endpoint {
  host: string
  port: number
}

export const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const
export type SecurityProtocol = (typeof SECURITY_PROTOCOLS)[number]

export interface NamedEndpoint extends Readonly<Endpoint> {
  /** In capitals: the case does not matter. */
  readonly name: string
}

const LISTENER = /^(?<name>[A-Za-z0-9_-]+):\/\/(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:/[\],\s]*)):(?<port>\d{1,5})$/

/** Reads `NAME://host:port,…`; no host is any. Undefined when it is anything else, or has a name twice. */
export function endpointsOf(text: string): readonly NamedEndpoint[] | undefined {
  const endpoints: NamedEndpoint[] = []
  for (const part of text.split(',')) {
    const { name, v6, host, port } = LISTENER.exec(part.trim())?.groups ?? {}
    if (name === undefined || Number(port) > 65_535) return undefined
    endpoints.push({ name: name.toUpperCase(), host: v6 ?? (host || '0.0.0.0'), port: Number(port) })
  }
  return new Set(endpoints.map(({ name }) => name)).size === endpoints.length ? endpoints : undefined
}

/** As clients and settings write it: in brackets where it is an IPv6 address. */
export const endpointText = ({ host, port }: Endpoint): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

export const listenerList: Definition<string> = {
  ...list(''),
  parse: (text) =>
    endpointsOf(text) === undefined
      ? new SettingProblem('It must be of the form NAME://host:port, with each name once')
      : text,
}

/** Which protocol each listener speaks; `undefined` when the text is of another form. */
export function protocolsOf(text: string): ReadonlyMap<string, SecurityProtocol> | undefined {
  const protocols = new Map<string, SecurityProtocol>()
  for (const entry of text.split(',')) {
    const [name, protocol, ...more] = entry.split(':').map((part) => part.trim().toUpperCase())
    const known = SECURITY_PROTOCOLS.find((candidate) => candidate === protocol)
    if (name === undefined || name === '' || known === undefined || more.length > 0) return undefined
    protocols.set(name, known)
  }
  return protocols
}

export const protocolMap: Definition<string> = {
  ...list(SECURITY_PROTOCOLS.map((protocol) => `${protocol}:${protocol}`).join(',')),
  parse: (text) =>
    protocolsOf(text) === undefined
      ? new SettingProblem(`It must be of the form NAME:PROTOCOL, with ${SECURITY_PROTOCOLS.join(', ')}`)
      : text,
}
