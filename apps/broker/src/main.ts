import { configureLogging } from '#libs/observability'
import { Broker } from './broker.ts'
import { systemClock } from './clock.ts'
import { type Config, readConfig, USAGE } from './config.ts'
import { NodeFileSystem } from './disk/node-file-system.ts'
import { listenHttp } from './http.ts'
import { Server } from './server.ts'

async function run(config: Config): Promise<void> {
  const { settings, dataDir, host } = config
  const broker = await Broker.open({ settings, dataDir, clock: systemClock, fs: new NodeFileSystem() })
  const listeners = await listen(broker, config).catch(async (error) => {
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
  process.stdout.write(`broker ready ${host}:${broker.advertised.port}\n`)
}

async function listen(broker: Broker, { host, port, httpPort, advertisedHost }: Config) {
  const { server, port: actual } = await Server.listen(broker, host, port)
  broker.advertised.host = advertisedHost
  broker.advertised.port = actual
  const http = httpPort === undefined ? undefined : await listenHttp(broker, server, host, httpPort)
  return { server, http }
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
  return error.message
}

configureLogging({ service: 'broker' })
const config = readConfig(process.argv.slice(2), process.env)
if ('problems' in config) {
  process.stderr.write(`${config.problems.map((problem) => `broker: ${problem}`).join('\n')}\n${USAGE}\n`)
  process.exit(1)
}
await run(config).catch(fail)
