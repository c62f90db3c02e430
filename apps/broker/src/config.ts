import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LiveSettings } from './config/live-settings.ts'
import { readSettings } from './config/settings.ts'
import { type Endpoint, endpointOf } from './network/endpoint.ts'

export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  /** What clients are told to connect to; without a port, the one that is listened on. */
  readonly advertised: { readonly host: string; readonly port?: number }
  /** Health, metrics and overview; undefined: none. */
  readonly httpPort: number | undefined
  readonly settings: LiveSettings
  /** Take out of the files what is damaged, and end. */
  readonly repair: boolean
  /** One sentence for each setting that was accepted and does nothing. */
  readonly notes: readonly string[]
}

export const USAGE = `usage: broker --data-dir DIR [OPTION]...

  --data-dir DIR           where topics are kept; created if need be
  --host ADDRESS           address to listen on (default 127.0.0.1)
  --port PORT              port to listen on (default 9092; 0: any)
  --advertised-host HOST   host that clients are told to connect to (default: the address listened on);
                           --set advertised.listeners=PLAINTEXT://HOST:PORT gives the port as well
  --http-port PORT         health, metrics and an overview in JSON by HTTP (default: none)
  --config FILE            Kafka's server.properties: one KEY=VALUE per line
  --set KEY=VALUE          one of Kafka's own server settings; repeatable, stronger than the file
  --repair                 do not serve: say what of the files is damaged and lost, take it out, keep the originals
  --help                   this text

Each option but --set and --repair can also be given by environment: BROKER_DATA_DIR, BROKER_HOST, BROKER_PORT,
BROKER_ADVERTISED_HOST, BROKER_HTTP_PORT, BROKER_CONFIG.
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  'advertised-host': { type: 'string' },
  'http-port': { type: 'string' },
  config: { type: 'string' },
  set: { type: 'string', multiple: true },
  repair: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Command line first, environment second, defaults last; or everything that is wrong with them; or a call for help. */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | { readonly problems: readonly string[] } | 'help' {
  let given: ReturnType<typeof parseArgs<{ options: typeof options }>>['values']
  try {
    given = parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    return { problems: [(error as Error).message] }
  }
  if (given.help === true) return 'help'
  const problems: string[] = []
  const port = (text: string | undefined, name: string): number | undefined => {
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^\d+$/.test(text) && value <= 65_535) return value
    problems.push(`bad value for ${name}: "${text}" is not a port`)
    return undefined
  }
  const kafkaPort = port(given.port ?? env.BROKER_PORT, 'port') ?? 9092
  const httpPort = port(given['http-port'] ?? env.BROKER_HTTP_PORT, 'http-port')
  const dataDir = given['data-dir'] ?? env.BROKER_DATA_DIR ?? ''
  if (dataDir === '') problems.push('missing --data-dir: the directory to keep topics in')
  const host = given.host ?? env.BROKER_HOST ?? '127.0.0.1'
  const fromFile = entriesOf(given.config ?? env.BROKER_CONFIG)
  if ('problem' in fromFile) problems.push(fromFile.problem)
  const settings = readSettings([...('entries' in fromFile ? fromFile.entries : []), ...(given.set ?? [])])
  if ('problems' in settings) problems.push(...settings.problems)
  if (problems.length > 0 || 'problems' in settings) return { problems }
  const { given: texts, notes } = settings
  const advertisedHost = given['advertised-host'] ?? env.BROKER_ADVERTISED_HOST
  const advertised = advertisedEndpoint(texts['advertised.listeners'], advertisedHost, host)
  const repair = given.repair === true
  return { host, port: kafkaPort, dataDir, advertised, httpPort, settings: new LiveSettings(texts), repair, notes }
}

function advertisedEndpoint(
  listener: string | undefined,
  advertisedHost: string | undefined,
  host: string,
): Config['advertised'] {
  const endpoint: Endpoint | undefined = listener === undefined ? undefined : endpointOf(listener)
  if (advertisedHost !== undefined) return { ...endpoint, host: advertisedHost }
  return endpoint ?? { host: reachable(host) }
}

/** Nobody can connect to "all interfaces". */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? 'localhost' : host)

function entriesOf(file: string | undefined): { readonly entries: string[] } | { readonly problem: string } {
  if (file === undefined) return { entries: [] }
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/)
    return { entries: lines.map((line) => line.trim()).filter((line) => line !== '' && !/^[#!]/.test(line)) }
  } catch (error) {
    return { problem: `cannot read ${file}: ${(error as Error).message}` }
  }
}
