import { createServer, type Server as HttpServer } from 'node:http'
import { gauge, observeProcess, registry } from '#libs/observability'
import type { Broker } from './broker.ts'
import { overviewOf } from './overview.ts'
import type { Server } from './server.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Health, metrics and an overview of topics and groups, for people and machines that do not speak Kafka. */
export async function listenHttp(broker: Broker, server: Server, host: string, port: number) {
  observeProcess('broker')
  const http: HttpServer = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body)
    }
    const path = (request.url ?? '/').split('?')[0]
    if (request.method !== 'GET') return answer(405, JSON_TYPE, '{"error":"only GET is answered"}\n')
    if (path === '/health/live' || path === '/health/ready') return answer(200, JSON_TYPE, '{"status":"ok"}\n')
    if (path === '/') return answer(200, JSON_TYPE, `${JSON.stringify(overviewOf(broker), null, 2)}\n`)
    if (path !== '/metrics') return answer(404, JSON_TYPE, '{"error":"not found"}\n')
    measure(broker, server)
    registry.metrics().then(
      (text) => answer(200, registry.contentType, text),
      (error) => answer(500, JSON_TYPE, `${JSON.stringify({ error: String(error) })}\n`),
    )
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, resolve)
  })
  return {
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}

const connections = gauge({ name: 'broker_connections', help: 'Open client connections' })
const logSize = gauge({ name: 'broker_topic_bytes', help: 'Bytes in the log, by topic', labels: ['topic'] })
const endOffset = gauge({
  name: 'broker_topic_end_offset',
  help: 'Sum of the end offsets of all partitions, by topic',
  labels: ['topic'],
})
const lag = gauge({
  name: 'broker_group_lag',
  help: 'Records that the group has not committed yet',
  labels: ['group', 'topic'],
})
const members = gauge({ name: 'broker_group_members', help: 'Members of the group', labels: ['group'] })

/** Everything is measured when somebody asks; requests pay nothing for it. */
function measure(broker: Broker, server: Server): void {
  connections.set(server.connectionCount)
  for (const metric of [logSize, endOffset, lag, members]) metric.reset()
  const { topics, groups } = overviewOf(broker)
  for (const { name, partitions } of topics) {
    logSize.set(
      { topic: name },
      partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    endOffset.set(
      { topic: name },
      partitions.reduce((sum, partition) => sum + partition.endOffset, 0),
    )
  }
  for (const group of groups) {
    members.set({ group: group.groupId }, group.members.length)
    const byTopic = Map.groupBy(group.offsets, ({ topic }) => topic)
    for (const [topic, offsets] of byTopic) {
      lag.set(
        { group: group.groupId, topic },
        offsets.reduce((sum, { lag }) => sum + lag, 0),
      )
    }
  }
}
