import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { LiveSettings } from './config/live-settings.ts'
import { readSettings } from './config/settings.ts'
import { type ListenerPlan, planListeners } from './network/listener-plan.ts'
import { readScramSpec } from './security/authentication/scram-bootstrap.ts'
import type { ScramChange } from './security/authentication/scram-control.ts'

export interface Config {
  /** Of health, metrics and overview. */
  readonly host: string
  readonly dataDir: string
  readonly listeners: readonly ListenerPlan[]
  /** Users that are made unless they are there. */
  readonly scramUsers: readonly ScramChange[]
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
                           --set advertised.listeners=PLAINTEXT://HOST:PORT gives the port as well; the setting
                           listeners replaces --host and --port (docs/broker.md)
  --http-port PORT         health, metrics and an overview in JSON by HTTP (default: none)
  --config FILE            Kafka's server.properties: one KEY=VALUE per line
  --set KEY=VALUE          one of Kafka's own server settings; repeatable, stronger than the file
  --add-scram SPEC         a user to begin with, as kafka-storage takes it: 'SCRAM-SHA-256=[name=alice,password=secret]';
                           repeatable; whoever is there already keeps the password
  --add-scram-file FILE    the same, one a line: other users of the machine see the command line
  --repair                 do not serve: say what of the files is damaged and lost, take it out, keep the originals
  --help                   this text

Each option but --set, --add-scram and --repair can also be given by environment: BROKER_DATA_DIR, BROKER_HOST, BROKER_PORT,
BROKER_ADVERTISED_HOST, BROKER_HTTP_PORT, BROKER_CONFIG, BROKER_ADD_SCRAM_FILE.
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  'advertised-host': { type: 'string' },
  'http-port': { type: 'string' },
  config: { type: 'string' },
  set: { type: 'string', multiple: true },
  'add-scram': { type: 'string', multiple: true },
  'add-scram-file': { type: 'string' },
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
  const scramUsers = usersOf(given['add-scram'] ?? [], given['add-scram-file'] ?? env.BROKER_ADD_SCRAM_FILE, problems)
  const settings = readSettings([...('entries' in fromFile ? fromFile.entries : []), ...(given.set ?? [])])
  if ('problems' in settings) problems.push(...settings.problems)
  if (problems.length > 0 || 'problems' in settings) return { problems }
  const advertisedHost = given['advertised-host'] ?? env.BROKER_ADVERTISED_HOST
  const listeners = planListeners(settings, { address: { host, port: kafkaPort }, advertisedHost })
  if ('problems' in listeners) return listeners
  const { given: texts, notes } = settings
  const repair = given.repair === true
  return { host, listeners, scramUsers, dataDir, httpPort, settings: new LiveSettings(texts), repair, notes }
}

/** Specs of the command line, and the lines of the file, which keeps secrets out of the list of processes. */
function usersOf(specs: readonly string[], file: string | undefined, problems: string[]): readonly ScramChange[] {
  const fromFile = entriesOf(file)
  if ('problem' in fromFile) problems.push(fromFile.problem)
  const lines = 'entries' in fromFile ? fromFile.entries : []
  return [...lines, ...specs].flatMap((spec) => {
    const user = readScramSpec(spec)
    if (!('problem' in user)) return [user]
    problems.push(`bad user to add: ${user.problem}`)
    return []
  })
}

function entriesOf(file: string | undefined): { readonly entries: string[] } | { readonly problem: string } {
  if (file === undefined) return { entries: [] }
  try {
    // A line that ends with a backslash goes on in the next.
    const lines = readFileSync(file, 'utf8')
      .replace(/(?<!\\)((?:\\\\)*)\\\r?\n[ \t]*/g, '$1')
      .split(/\r?\n/)
    return { entries: lines.map((line) => line.trim()).filter((line) => line !== '' && !/^[#!]/.test(line)) }
  } catch (error) {
    return { problem: `cannot read ${file}: ${(error as Error).message}` }
  }
}
