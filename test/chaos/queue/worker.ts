import { openSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Database, GroupCommit } from '#libs/database'
import { configureLogging } from '#libs/observability'
// Not through the library's index: a worker that lives for seconds is to start soon.
import { queue } from '../../../libs/messaging/queue/queue.ts'
import { done } from '../../../libs/messaging/queue/work.ts'
import { WorkQueue } from '../../../libs/messaging/queue/work-queue.ts'
import { triesOf, type WorkerOptions } from './work.ts'

/**
 * A process that works the queue of the test until it is killed. What the broker gave it and recorded for it is written
 * down as it is heard, and survives a kill.
 */
const { brokers, databaseUrl, name, logFile, locksMs } = JSON.parse(process.argv[2]!) as WorkerOptions
configureLogging({ level: 'silent' })
const log = openSync(logFile, 'a')
/** Of the clock that all processes of a machine share, microseconds. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n)

const database = new Database(databaseUrl)
const worker = new WorkQueue({
  service: 'notification',
  brokers,
  queue: queue(name, {
    types: ['payment.capture'],
    ...{ workers: 8, visibilityMs: locksMs, tries: 4, backoff: { firstMs: 200, factor: 2, longestMs: 1_000 } },
  }),
  database,
  groupCommit: new GroupCommit(database),
  handler: {
    work: async ({ id, data }, { attempt }) => {
      await pause(Math.random() * 10)
      if (attempt < triesOf(data.customerId)) throw new Error('not yet')
      return done(
        async ({ uow }) =>
          void (await uow.execute(
            'INSERT INTO worked (id, attempt, pid) VALUES ($1, $2, $3)',
            id,
            attempt,
            process.pid,
          )),
      )
    },
  },
  observer: {
    delivered: (deliveries) => {
      const at = now()
      const lines = deliveries.map(
        ({ place: { partition, offset }, count }) => `D ${partition} ${offset} ${count} ${at}\n`,
      )
      writeSync(log, lines.join(''))
    },
    acknowledged: (told) => {
      const at = now()
      const lines = told.flatMap(({ partition, batches }) =>
        batches.flatMap(({ firstOffset, lastOffset, acknowledgeTypes }) =>
          Array.from({ length: lastOffset - firstOffset + 1 }, (_, i) => {
            const type = acknowledgeTypes[i] ?? acknowledgeTypes[0]!
            return `A ${partition} ${firstOffset + i} ${type} ${at}\n`
          }),
        ),
      )
      writeSync(log, lines.join(''))
    },
  },
})
worker.start()
process.once('SIGTERM', () => {
  void worker.stop().then(async () => {
    await database.close()
    process.exit(0)
  })
})
