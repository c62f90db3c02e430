import { statfs } from 'node:fs/promises'
import { describeLogDirs, ErrorCode } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import type { Topic } from '../metadata/topics.ts'

/** DescribeLogDirs: 1-5 */
export const handleDescribeLogDirs = defineHandler({
  api: describeLogDirs,
  advertised: { min: 1, max: 5 },
  async handle(request, { broker }) {
    const wanted = request.topics === null ? undefined : new Map(request.topics.map((t) => [t.topic, t.partitions]))
    const topics = Array.from(broker.topics.all(), (topic) => describe(topic, wanted)).filter(
      ({ partitions }) => partitions.length > 0,
    )
    const volume = await volumeOf(broker.dataDir)
    return {
      results: [{ errorCode: ErrorCode.NONE, logDir: broker.dataDir, topics, ...volume }],
    }
  },
})

function describe({ name, logs }: Topic, wanted: ReadonlyMap<string, readonly number[]> | undefined) {
  const chosen = wanted === undefined ? logs : logs.filter((log) => wanted.get(name)?.includes(log.partition))
  const partitions = chosen.map(({ partition, size, logEndOffset, highWatermark }) => ({
    partitionIndex: partition,
    partitionSize: size,
    offsetLag: logEndOffset - highWatermark,
    isFutureKey: false,
  }))
  return { name, partitions }
}

/** Nothing is said where nothing can be known. */
async function volumeOf(directory: string): Promise<{ totalBytes?: number; usableBytes?: number }> {
  try {
    const { bsize, blocks, bavail } = await statfs(directory)
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail }
  } catch {
    return {}
  }
}
