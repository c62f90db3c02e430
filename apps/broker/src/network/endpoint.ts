import { type Definition, SettingProblem } from '../config/setting-types.ts'

/** A host and a port, as one listens at or is told to connect to. */
export interface Endpoint {
  host: string
  port: number
}

const LISTENER = /^(?<name>[A-Za-z0-9_]+):\/\/(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:/[\],\s]+)):(?<port>\d{1,5})$/

/** Reads `PLAINTEXT://host:port`; undefined when it is anything else. */
export function endpointOf(text: string): Endpoint | undefined {
  const { v6, host, port } = LISTENER.exec(text.trim())?.groups ?? {}
  const address = v6 ?? host
  return address === undefined || Number(port) > 65_535 ? undefined : { host: address, port: Number(port) }
}

/** One listener that clients are sent to. */
export const listener: Definition<string> = {
  kind: 'list',
  fallback: '',
  parse: (text) => {
    if (text.includes(',')) return new SettingProblem('There is one listener, so one can be advertised')
    if (!/^PLAINTEXT:\/\//i.test(text.trim())) return new SettingProblem('It must be of the form PLAINTEXT://host:port')
    return endpointOf(text) === undefined ? new SettingProblem('It must be of the form PLAINTEXT://host:port') : text
  },
}
