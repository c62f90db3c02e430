import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBackup } from './backup/make-backup.ts'
import { BackupError } from './backup/manifest.ts'
import { ROOT } from './root.ts'

const USAGE = `npm run backup -- --to DIR [--data DATA]: a backup of a running system, in a folder of its own below DIR

  --to DIR      where backups are kept, on another disk than the data; segments of the broker's log that did not change
                since the newest one there are linked and not copied
  --data DATA   the data folder of the system (.waybill)
Environment: KAFKA_BROKERS where the system uses a Kafka that is not the bundled broker: then its topics are not copied.
See docs/backup.md.`

const text = { type: 'string' } as const

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { to: text, data: text, help: { type: 'boolean' } } })
  if (values.help) return console.log(USAGE)
  if (values.to === undefined) throw new BackupError(`where to?\n\n${USAGE}`)
  if (process.env.DATABASE_URL)
    throw new BackupError('the PostgreSQL that DATABASE_URL names is not ours to copy: see docs/backup.md for it')
  process.umask(0o077)
  const data = values.data === undefined ? join(ROOT, '.waybill') : resolve(values.data)
  const began = performance.now()
  const kafka = process.env.KAFKA_BROKERS || undefined
  const { folder, manifest, copiedBytes, reusedBytes, stoppedMs } = await makeBackup(data, resolve(values.to), kafka)
  console.log(`${folder}
${manifest.files.length} files: ${mb(copiedBytes)} MB copied, ${mb(reusedBytes)} MB linked, in ${((performance.now() - began) / 1_000).toFixed(1)} s
databases as of ${manifest.databasesAt}, ${
    manifest.brokerAt === null
      ? `topics as Kafka keeps them`
      : `topics as of ${manifest.brokerAt}; the broker stood still for ${stoppedMs.toFixed(0)} ms`
  }`)
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1)

try {
  await main()
} catch (error) {
  console.error(`backup: ${(error as Error).message}`)
  process.exit(1)
}
process.exit()
