import { randomUUID } from 'node:crypto'
import { encode, type Message, topicOf } from '#libs/contracts'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import { connectConsumers, type KafkaPublisher } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { queryService } from './query.module.ts'

configureLogging({ level: (process.env.TEST_LOG ?? 'silent') as never, format: 'pretty' })

export const publish = (publisher: KafkaPublisher, messages: readonly Message[]): Promise<void> =>
  publisher.publish(messages.map((message) => ({ topic: topicOf(message.type), record: encode(message) })))

/** The service as its process runs it, within the test. */
export const startQuery = async (databaseUrl: string, brokers: string) => {
  const parsed = parseConfig(serviceEnvironment, { PORT: '0', DATABASE_URL: databaseUrl, KAFKA_BROKERS: brokers })
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  const app = await createApplication(queryService({ ...parsed.config, PROJECTION_KEPT_HOURS: 1 }).module)
  connectConsumers(app)
  await app.listen(0, '127.0.0.1')
  await app.startAllMicroservices()
  const url = await app.getUrl()
  const call = async <T>(method: 'GET' | 'POST', path: string, body?: object, key: string = randomUUID()) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'x-actor': 'ann' }
    const answer = await fetch(`${url}${path}`, {
      ...{ method, headers },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
    })
    return { status: answer.status, body: (await answer.json()) as T }
  }
  return {
    call,
    get: async <T>(path: string): Promise<T> => (await call<T>('GET', path)).body,
    close: () => app.close(),
  }
}

export type QueryProcess = Awaited<ReturnType<typeof startQuery>>
