import { setTimeout as pause } from 'node:timers/promises'
import { apiVersions } from '#libs/kafka-protocol'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { startBundled } from './bundled-broker.ts'
import { encodedRequest, LoadConnection } from './load-connection.ts'
import { cpuSeconds, residentMb } from './process-usage.ts'
import type { Results } from './results.ts'
import { withTopic } from './topics.ts'

const COUNT = 1000
const SETTLE_MS = 6000
const WATCHED_S = 10

/** What a thousand partitions and then also a thousand connections cost that nobody uses. */
export const idle = async (results: Results): Promise<void> => {
  const broker = await startBundled()
  try {
    const before = await atRest(broker)
    await withTopic(broker, COUNT, async () => {
      const withPartitions = await atRest(broker)
      results.add(`${COUNT} idle partitions`, 'bundled', { mb: withPartitions.mb - before.mb })
      const request = encodedRequest(apiVersions, 0, {})
      const open: LoadConnection[] = []
      for (let i = 0; i < COUNT; i++) {
        open.push(await LoadConnection.to(broker))
        await open[i]!.send(request)
      }
      const withBoth = await atRest(broker)
      results.add(`${COUNT} idle connections`, 'bundled', { mb: withBoth.mb - withPartitions.mb })
      results.add(`CPU of both, ${WATCHED_S} s`, 'bundled', { ms: Math.max(0, withBoth.cpuMs - before.cpuMs) })
      for (const connection of open) connection.close()
    })
  } finally {
    await broker.stop()
  }
}

const atRest = async ({ pid }: BrokerUnderTest): Promise<{ mb: number; cpuMs: number }> => {
  await pause(SETTLE_MS)
  const before = cpuSeconds(pid)
  await pause(WATCHED_S * 1000)
  return { mb: residentMb(pid), cpuMs: (cpuSeconds(pid) - before) * 1000 }
}
