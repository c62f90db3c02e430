import { configureLogging } from '#libs/logging'
import { Broker } from './broker.ts'
import { systemClock } from './clock.ts'
import { type Config, readConfig, USAGE } from './config.ts'
import { DamagedFileError } from './disk/damage.ts'
import { MeasuredFileSystem } from './disk/measured-file-system.ts'
import { NodeFileSystem } from './disk/node-file-system.ts'
import { Histogram } from './metrics/request-metrics.ts'
import { plaintextListener } from './network/listener.ts'
import { Server } from './network/server.ts'

async function run(config: Config): Promise<void> {
  const { settings, dataDir, host, notes } = config
  const syncs = new Histogram()
  const fs = new MeasuredFileSystem(syncs)
  const broker = await Broker.open({ settings, dataDir, clock: systemClock, fs })
  for (const note of notes) broker.log.info(note)
  const listeners = await listen(broker, syncs, config).catch(async (error) => {
    await broker.close()
    throw error
  })
  const stop = async (): Promise<void> => {
    await listeners.server.close()
    await listeners.http?.close()
    await broker.close()
    process.exit(0)
  }
  process.once('SIGTERM', () => void stop().catch(fail))
  process.once('SIGINT', () => void stop().catch(fail))
  process.stdout.write(`broker ready ${host}:${listeners.port}\n`)
}

async function repairFiles({ settings, dataDir }: Config): Promise<void> {
  const { repair } = await import('./repair/repair.ts')
  const fs = new NodeFileSystem()
  const tryStart = async () => (await Broker.open({ settings, dataDir, clock: systemClock, fs })).close()
  const say = (line: string) => process.stdout.write(`broker: ${line}\n`)
  await repair({ fs, dataDir, tryStart, say })
}

async function listen(broker: Broker, syncs: Histogram, { host, port, httpPort, advertised }: Config) {
  const { server, port: actual } = await Server.listen(broker, plaintextListener({ host, port }, broker.settings))
  Object.assign(broker.listening, { host, port: actual })
  Object.assign(broker.advertised, { port: actual, ...advertised })
  if (httpPort === undefined) return { server, http: undefined, port: actual }
  // Loaded only where it is used: Node's HTTP and the metrics' library take longer than all the rest of the broker.
  const { listenHttp } = await import('./metrics/http-listener.ts')
  return { server, http: await listenHttp(broker, server, syncs, host, httpPort), port: actual }
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
