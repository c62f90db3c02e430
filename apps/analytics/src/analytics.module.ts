import { Archiver, archiveStore } from '#libs/archive'
import { defineService, type Service } from '#libs/service'
import { StreamProcessor } from '#libs/stream-tasks'
import { HOUR } from '#libs/streams'
import { AlertWatch } from './alerts/alert-watch.ts'
import { AnalyticsController } from './api/analytics.controller.ts'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { countRestored } from './count-restored.ts'
import { topology } from './domain/topology.ts'
import { BatchJob } from './history/batch-job.ts'
import { ReconciliationController } from './history/reconciliation.controller.ts'
import { RebuildController } from './rebuild/rebuild.controller.ts'
import { Rebuilder } from './rebuild/rebuilder.ts'
import { STREAM_GROUP, shopTopology } from './shop-topology.ts'
import { ResultSink } from './sink/result-sink.ts'
import { StreamTopicsKeeper } from './stream-topics-keeper.ts'

const ALERTS_KEPT_MS = 90 * 24 * HOUR

export const analyticsService = (config: Config): Service => {
  const kafka = { brokers: config.KAFKA_BROKERS, clientId: topology.name }
  const processor = new StreamProcessor({
    ...{ ...kafka, topology: { ...shopTopology, name: STREAM_GROUP }, instanceId: config.INSTANCE_ID },
    ...{ maxEntries: config.MAX_STATE_ENTRIES, compression: config.PRODUCER_COMPRESSION },
    ...{ standbys: config.STANDBYS, onRestore: countRestored },
  })
  const archive = config.ARCHIVE === undefined ? undefined : archiveStore(config.ARCHIVE)
  const archiver =
    archive &&
    new Archiver({
      ...{ ...kafka, store: archive, instanceId: config.INSTANCE_ID },
      limits: { maxAgeMs: config.ARCHIVE_FILE_SECONDS * 1_000 },
    })
  const batch = new BatchJob(config.ARCHIVE)
  const topics = new StreamTopicsKeeper(kafka, () => {
    processor.start()
    archiver?.start()
  })
  return defineService({
    name: topology.name,
    config,
    handlers: consumers,
    routes: [ReconciliationController, RebuildController, AnalyticsController],
    retention: [
      { table: 'window_counts', column: 'expires_at', keptMs: 0 },
      { table: 'window_sketches', column: 'expires_at', keptMs: 0 },
      { table: 'window_visits', column: 'expires_at', keptMs: 0 },
      { table: 'alerts', column: 'at', keptMs: ALERTS_KEPT_MS },
    ],
    beside: ({ database, groupCommit }) => {
      const { INSTANCE_ID: instanceId, MAX_STATE_ENTRIES: maxEntries } = config
      const rebuilder = new Rebuilder({ database, kafka, archive, instanceId, maxEntries })
      return {
        workers: [
          topics,
          new ResultSink(database, kafka, () => processor.partitions),
          // It is started when its topics are there.
          { start: () => {}, stop: () => processor.stop() },
          { start: () => {}, stop: async () => archiver?.stop() },
          batch,
          rebuilder,
          new AlertWatch(groupCommit),
        ],
        providers: [
          { provide: StreamProcessor, useValue: processor },
          { provide: BatchJob, useValue: batch },
          { provide: Rebuilder, useValue: rebuilder },
        ],
      }
    },
  })
}
