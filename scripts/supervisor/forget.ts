import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { topicNames } from '#libs/contracts'
import { untilReachable } from '../postgres/server.ts'
import { SERVICES } from '../processes.ts'
import { DATABASES } from './databases.ts'
import type { StartOptions } from './options.ts'

/** `--fresh`: everything that an earlier start left, on the disk and on servers that are not ours. */
export const forget = async (options: StartOptions): Promise<void> => {
  for (const entry of ['postgres', 'broker', 'simulators', 'archive', 'logs', 'traces', 'keys', 'operations.jsonl'])
    await rm(join(options.data, entry), { recursive: true, force: true })
  if (options.databaseUrl !== undefined) await dropDatabases(options.databaseUrl)
  if (options.kafkaBrokers !== undefined) await deleteTopicsAndGroups(options.kafkaBrokers.split(','))
}

const dropDatabases = async (url: string): Promise<void> => {
  await untilReachable(url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const name of DATABASES) await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  } finally {
    await client.end()
  }
}

/** What the topics hold is about orders that no database knows any more; the groups' offsets are about those topics. */
const deleteTopicsAndGroups = async (brokers: string[]): Promise<void> => {
  const { Kafka, logLevel } = await import('kafkajs')
  const admin = new Kafka({ brokers, clientId: 'waybill-start', logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const topics = (await admin.listTopics()).filter((topic) => topicNames.some((name) => name === topic))
    if (topics.length > 0) await admin.deleteTopics({ topics })
    const { groups } = await admin.listGroups()
    const ours = groups.map(({ groupId }) => groupId).filter(isOurs)
    if (ours.length > 0) await admin.deleteGroups(ours)
  } finally {
    await admin.disconnect()
  }
}

/** A service consumes messages in one group, and what it is asked in another. */
const isOurs = (groupId: string): boolean =>
  SERVICES.some((service) => groupId === service || groupId === `${service}-requests`)
