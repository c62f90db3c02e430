import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureTopics, kafkaClient, topicOffsets } from '#libs/messaging'
import { until } from '../../test/support/until.ts'
import { processorTimeOf } from '../processor.ts'
import type { Run } from './guarantees.ts'

const SOURCE = 'bench/kafka-streams'
const MAIN = 'ShopTopology'
const run = promisify(execFile)
const JVM = ['-Xms512m', '-Xmx1g']

/** Compiles the topology for Kafka Streams; undefined, saying why, without Java, Maven or the libraries. */
export const compileKafkaStreams = async (folder: string): Promise<string | undefined> => {
  try {
    const paths = join(folder, 'classpath')
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      join(SOURCE, 'pom.xml'),
      'dependency:build-classpath',
      `-Dmdep.outputFile=${paths}`,
    ])
    const libraries = (await readFile(paths, 'utf8')).trim()
    await run('javac', ['-cp', libraries, '-d', folder, join(SOURCE, `${MAIN}.java`)])
    return `${libraries}:${folder}`
  } catch (error) {
    console.log(`  no Kafka Streams beside it: ${(error as Error).message.split('\n')[0]}`)
    return undefined
  }
}

/** The same topology in Kafka Streams, over everything in the topic, from its beginning until all of it is committed. */
export const runKafkaStreams = async (
  brokers: string,
  classpath: string,
  folder: string,
  guarantee: 'exactly_once_v2' | 'at_least_once',
): Promise<Run> => {
  const kafka = { brokers: [brokers], clientId: 'bench' }
  const application = `ks-${guarantee}`
  const admin = kafkaClient(kafka, 'briefly').admin()
  await admin.connect()
  await ensureTopics(admin, 1, {
    'ks-results': { partitions: 6, retentionMs: -1 },
    'ks-late': { partitions: 6, retentionMs: -1 },
  })
  const partitions = (await topicOffsets(kafka, ['shop-events'])).get('shop-events')!
  const events = partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0)
  const committed = async (): Promise<number> => {
    const [topic] = await admin.fetchOffsets({ groupId: application, topics: ['shop-events'] })
    return topic!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }
  const child = spawn(
    'java',
    [...JVM, '-cp', classpath, MAIN, brokers, application, guarantee, join(folder, application)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  try {
    // From the first commit on: neither starts in no time.
    const [begun, used, first] = await until(
      'Kafka Streams to begin',
      async () => {
        if (child.exitCode !== null) throw new Error(`Kafka Streams ended with ${child.exitCode}`)
        const first = await committed()
        return first > 0 ? ([performance.now(), await processorTimeOf(child.pid!), first] as const) : undefined
      },
      { timeoutMs: 120_000 },
    )
    await until('Kafka Streams to commit all events', async () => (await committed()) >= events || undefined, {
      timeoutMs: 600_000,
    })
    const seconds = (performance.now() - begun) / 1_000
    const processor = ((await processorTimeOf(child.pid!)) - used) / 1_000
    return { perSecond: (events - first) / seconds, processor: (processor / (events - first)) * 1e6 }
  } finally {
    await ended(child)
    await admin.disconnect()
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
