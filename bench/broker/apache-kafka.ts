import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { accepts } from '../../scripts/supervisor/wait.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'

const run = promisify(execFile)
const HOST = '127.0.0.1'
const PORT = 19_092

/** True when one is up already, which then is used as it is and left running. */
export const isKafkaRunning = (): Promise<boolean> => accepts(PORT)

/** Apache Kafka, one node, started by the script or found running. */
export const startKafka = async (script: string, { fsync }: { fsync: boolean }): Promise<BrokerUnderTest> => {
  const isOurs = !(await isKafkaRunning())
  if (!isOurs && fsync) throw new Error(`a Kafka that runs already at ${HOST}:${PORT} cannot be given --fsync`)
  if (isOurs) await run(script, ['start', ...(fsync ? ['--fsync'] : [])])
  return {
    ...{ name: fsync ? 'kafka-fsync' : 'kafka', host: HOST, port: PORT, pid: nodePid() },
    stop: async () => {
      if (isOurs) await run(script, ['stop'])
    },
  }
}

const nodePid = (): number => {
  const directory = process.env.APACHE_KAFKA_DIR ?? '/var/tmp/apache-kafka'
  return Number(readFileSync(join(directory, 'run', 'node1.pid'), 'utf8'))
}
