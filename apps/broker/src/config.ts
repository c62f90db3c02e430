import { parseArgs } from 'node:util'
import { parseSettings, type Settings } from './settings.ts'

export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDir: string
  /** What clients are told to connect to; by default the host that is listened on. */
  readonly advertisedHost: string
  /** Health, metrics and overview; undefined: none. */
  readonly httpPort: number | undefined
  readonly settings: Settings
}

export const USAGE = `usage: broker --data-dir DIR [--port 9092] [--host 127.0.0.1] [--advertised-host HOST] [--http-port PORT]
              [--set KEY=VALUE]...
Each option can also be given by environment: BROKER_DATA_DIR, BROKER_PORT, BROKER_HOST, BROKER_ADVERTISED_HOST,
BROKER_HTTP_PORT. KEY is one of Kafka's own server settings.`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  'advertised-host': { type: 'string' },
  'http-port': { type: 'string' },
  set: { type: 'string', multiple: true },
} as const

/** Command line first, environment second, defaults last; or everything that is wrong with them. */
export function readConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | { readonly problems: readonly string[] } {
  let given: ReturnType<typeof parseArgs<{ options: typeof options }>>['values']
  try {
    given = parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (error) {
    return { problems: [(error as Error).message] }
  }
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
  const settings = parseSettings(given.set ?? [])
  if ('problems' in settings) problems.push(...settings.problems)
  if (problems.length > 0 || 'problems' in settings) return { problems }
  const advertisedHost = given['advertised-host'] ?? env.BROKER_ADVERTISED_HOST ?? reachable(host)
  return { host, port: kafkaPort, dataDir, advertisedHost, httpPort, settings }
}

/** Nobody can connect to "all interfaces". */
const reachable = (host: string): string => (host === '0.0.0.0' || host === '::' ? 'localhost' : host)
