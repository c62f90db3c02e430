import { createServer, type Server as HttpServer } from 'node:http'
import { gauge, measureDisk, metrics, observeProcess, registry } from '#libs/observability'
import type { Broker } from '../broker.ts'
import type { Server } from '../network/server.ts'
import { metricsPage } from './metrics-page.ts'
import { overviewOf } from './overview.ts'
import type { Histogram } from './request-metrics.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

interface Where {
  readonly host: string
  readonly httpPort: number
  readonly dataDir: string
}

/** Health, metrics and an overview of topics and groups, for people and machines that do not speak Kafka. */
export async function listenHttp(
  broker: Broker,
  servers: readonly Server[],
  syncs: Histogram,
  { host, httpPort, dataDir }: Where,
) {
  observeProcess('broker')
  measureDisk('broker', dataDir)
  gauge(metrics.system.certificateExpiry, (expiry) => {
    for (const { name: certificate, tls } of broker.listeners)
      if (tls?.expires !== undefined) expiry.set({ certificate }, tls.expires.getTime() / 1_000)
  })
  const http: HttpServer = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body)
    }
    const json = (status: number, body: unknown): void =>
      answer(status, JSON_TYPE, `${JSON.stringify(body, null, 2)}\n`)
    const path = (request.url ?? '/').split('?')[0]!
    if (request.method !== 'GET') return json(405, { error: 'only GET is answered' })
    if (path === '/metrics') {
      registry.metrics().then(
        (process) => answer(200, registry.contentType, `${metricsPage(broker, servers, syncs)}${process}`),
        (error) => json(500, { error: String(error) }),
      )
      return
    }
    if (path === '/health/live') return json(200, { status: 'ok' })
    if (path === '/health/ready') return ready(broker, json)
    const found = resource(broker, path)
    return found === undefined ? json(404, { error: 'not found' }) : json(200, found)
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(httpPort, host, resolve)
  })
  return {
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

/** Not ready while a partition refuses writes: the disk is full, or fails. */
function ready(broker: Broker, json: (status: number, body: unknown) => void): void {
  const failed = [...broker.logs.partitions()].filter(({ healthy }) => !healthy)
  if (failed.length === 0) json(200, { status: 'ok' })
  else
    json(503, { status: 'storage failed', partitions: failed.map(({ topic, partition }) => `${topic}-${partition}`) })
}

/** `/`, or one part: `/topics`, `/topics/NAME`, `/groups`, `/groups/ID`, `/share-groups`, `/share-groups/ID`, `/transactions`. */
function resource(broker: Broker, path: string): unknown {
  const overview = overviewOf(broker)
  const [part = '', name] = path.slice(1).split('/').map(decoded)
  if (part === '') return overview
  if (part === 'topics') return name === undefined ? overview.topics : overview.topics.find((it) => it.name === name)
  if (part === 'groups' || part === 'share-groups') {
    const groups: readonly { readonly groupId: string }[] = part === 'groups' ? overview.groups : overview.shareGroups
    return name === undefined ? groups : groups.find((it) => it.groupId === name)
  }
  return part === 'transactions' && name === undefined ? overview.transactions : undefined
}

/** A name that is not encoded as it should be is not the name of anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
