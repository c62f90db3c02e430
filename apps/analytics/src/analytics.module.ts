import { defineService, type Service } from '#libs/service'
import { StreamProcessor } from '#libs/stream-tasks'
import { AnalyticsController } from './api/analytics.controller.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { topology } from './domain/topology.ts'
import { shopTopology } from './shop-topology.ts'
import { ResultSink } from './sink/result-sink.ts'
import { StreamTopicsKeeper } from './stream-topics-keeper.ts'

export const analyticsService = (config: Config): Service => {
  const kafka = { brokers: config.KAFKA_BROKERS, clientId: topology.name }
  const processor = new StreamProcessor({
    ...{ ...kafka, topology: { ...shopTopology, name: `${topology.name}-stream` }, instanceId: config.INSTANCE_ID },
    ...{ maxEntries: config.MAX_STATE_ENTRIES, compression: config.PRODUCER_COMPRESSION },
  })
  const topics = new StreamTopicsKeeper(kafka, () => processor.start())
  return defineService({
    name: topology.name,
    config,
    handlers: consumers,
    routes: [AnalyticsController],
    retention: [
      { table: 'window_counts', column: 'expires_at', keptMs: 0 },
      { table: 'window_sketches', column: 'expires_at', keptMs: 0 },
    ],
    beside: ({ database }) => ({
      workers: [
        topics,
        new ResultSink(database, kafka, () => processor.partitions),
        // It is started when its topics are there.
        { start: () => {}, stop: () => processor.stop() },
      ],
      providers: [{ provide: StreamProcessor, useValue: processor }],
    }),
  })
}
