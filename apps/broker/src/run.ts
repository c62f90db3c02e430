import { changeLevelOnSignal, configureLogging } from '#libs/logging'
import { Broker } from './broker.ts'
import { systemClock } from './clock.ts'
import { type Config, readConfig, USAGE } from './config.ts'
import { DamagedFileError } from './disk/damage.ts'
import { MeasuredFileSystem } from './disk/measured-file-system.ts'
import { NodeFileSystem } from './disk/node-file-system.ts'
import { Histogram } from './metrics/request-metrics.ts'
import { endpointText } from './network/endpoint.ts'
import { Server } from './network/server.ts'
import { openListener } from './security/authentication/open-listener.ts'
import { addMissingUsers } from './security/authentication/scram-control.ts'

async function run(config: Config): Promise<void> {
  const { settings, dataDir, notes } = config
  const syncs = new Histogram()
  const fs = new MeasuredFileSystem(syncs)
  const broker = await Broker.open({ settings, dataDir, clock: systemClock, fs })
  for (const note of notes) broker.log.info(note)
  const doors = await open(broker, syncs, config).catch(async (error) => {
    await broker.close()
    throw error
  })
  const stop = async (): Promise<void> => {
    await Promise.all(doors.servers.map((server) => server.close()))
    await doors.http?.close()
    await broker.close()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop().catch(fail))
  process.once('SIGINT', () => void stop().catch(fail))
  process.stdout.write(`broker ready ${endpointText(broker.listeners[0]!.address)}\n`)
}

async function repairFiles({ settings, dataDir }: Config): Promise<void> {
  const { repair } = await import('./repair/repair.ts')
  const fs = new NodeFileSystem()
  const tryStart = async () => (await Broker.open({ settings, dataDir, clock: systemClock, fs })).close()
  const say = (line: string) => process.stdout.write(`broker: ${line}\n`)
  await repair({ fs, dataDir, tryStart, say })
}

async function open(broker: Broker, syncs: Histogram, { listeners, scramUsers, httpPort, host, dataDir }: Config) {
  await addMissingUsers(broker.controller, scramUsers)
  const servers: Server[] = []
  try {
    broker.listeners = listeners.map((plan) => openListener(broker, plan))
    for (const listener of broker.listeners) servers.push((await Server.listen(broker, listener)).server)
    if (httpPort === undefined) return { servers, http: undefined }
    // Loaded only where it is used: Node's HTTP and the metrics' library take longer than all the rest of the broker.
    const { listenHttp } = await import('./metrics/http-listener.ts')
    return { servers, http: await listenHttp(broker, servers, syncs, { host, httpPort, dataDir }) }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()))
    throw error
  }
}

function fail(error: unknown): void {
  process.stderr.write(`broker: ${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string }
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another process`
  if (code === 'EACCES' && port !== undefined) return `no permission to listen on ${address}:${port}`
  if (error instanceof DamagedFileError) return `${error.message}\n${HOW_TO_REPAIR}`
  return error.message
}

const HOW_TO_REPAIR = [
  'broker: nothing was changed. Restore the file from a backup, or give up what is lost with',
  `    npm run broker -- ${[...process.argv.slice(2), '--repair'].join(' ')}`,
  'which takes out what is damaged, keeps what is whole, and keeps the damaged original beside it.',
].join('\n')

configureLogging({ service: 'broker' })
changeLevelOnSignal()
const config = readConfig(process.argv.slice(2), process.env)
if (config === 'help') {
  process.stdout.write(USAGE)
  process.exit(0)
}
if ('problems' in config) {
  process.stderr.write(
    `${config.problems.map((problem) => `broker: ${problem}`).join('\n')}\nbroker: --help says what can be given\n`,
  )
  process.exit(1)
}
await (config.repair ? repairFiles(config) : run(config)).catch(fail)
