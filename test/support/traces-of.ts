import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { topicNames } from '#libs/contracts'
import { tablesWith } from '#libs/testing'
import { databaseUrl } from '../../scripts/postgres/cluster.ts'
import { SERVICES } from '../../scripts/processes.ts'
import type { RunningSystem } from './system.ts'
import { readTopic } from './topic.ts'

/** Of the outside world, which may know what it likes. */
const NOT_OURS = 'simulators'

/** Where a running system has the text: tables, topics (what is compressed in the files is not there), and files. */
export const tracesOf = async (system: RunningSystem, text: string): Promise<string[]> => {
  const inTables = SERVICES.map(async (service) => {
    const tables = await tablesWith(databaseUrl(system.postgresPort, `waybill_${service}`), text)
    return tables.map((table) => `${service}.${table}`)
  })
  const inTopics = topicNames.map(async (topic) => {
    const records = await readTopic(system.brokers, topic)
    return records.some((record) => JSON.stringify(record).includes(text)) ? [topic] : []
  })
  return (await Promise.all([...inTables, ...inTopics, filesWith(system.data, text)])).flat()
}

const filesWith = async (folder: string, text: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || relative(folder, path).startsWith(NOT_OURS)) continue
    // PostgreSQL removes its files as it goes.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    if (bytes.includes(text)) found.push(relative(folder, path))
  }
  return found
}
