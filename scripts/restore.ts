import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { BackupError } from './backup/manifest.ts'
import { restoreBackup } from './backup/restore-backup.ts'
import { ROOT } from './root.ts'

const USAGE = `npm run restore -- --from DIR [--to DATA]: a data folder from a backup, for npm start -- --data DATA

  --from DIR      where backups are kept, of which the newest is meant, or the folder of one of them
  --to DATA       the new data folder (.waybill), which is empty, or has nothing but simulators/
  --keep-broker   DATA has the broker/ of the lost system, and that stays: the databases follow what lies in its topics
  --wal DIR       goes on in the log that npm start -- --wal-archive DIR has kept, to its end
  --until TIME    or to this moment, e.g. 2026-01-31T12:00:00Z: databases and topics are as they were then
  --with-later    orders that the topics tell of after TIME are placed again
Environment: KAFKA_BROKERS where the system uses a Kafka that is not the bundled broker; its services must be stopped.
See docs/backup.md.`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

const main = async (): Promise<void> => {
  const options = { from: text, to: text, wal: text, until: text, 'keep-broker': flag, 'with-later': flag, help: flag }
  const { values } = parseArgs({ options })
  if (values.help) return console.log(USAGE)
  if (values.from === undefined) throw new BackupError(`from where?\n\n${USAGE}`)
  process.umask(0o077)
  const to = values.to === undefined ? join(ROOT, '.waybill') : resolve(values.to)
  const began = performance.now()
  const { manifest, lastCommit, again, leftOut, bytes } = await restoreBackup({
    ...{ from: resolve(values.from), to, keepBroker: values['keep-broker'] ?? false, say: console.log },
    wal: values.wal === undefined ? undefined : resolve(values.wal),
    until: values.until === undefined ? undefined : momentOf(values.until),
    withLater: values['with-later'] ?? false,
    kafka: process.env.KAFKA_BROKERS || undefined,
  })
  const committed = lastCommit === null ? `as of ${manifest.databasesAt}` : `up to ${lastCommit.toISOString()}`
  const topics = process.env.KAFKA_BROKERS ? 'as Kafka keeps them' : 'cut at that moment'
  console.log(`restored ${(bytes / 1e6).toFixed(1)} MB to ${to} in ${((performance.now() - began) / 1_000).toFixed(1)} s
databases ${committed}; topics ${topics}
made again from the topics: ${again.placed} orders, ${again.cancelled} cancellations`)
  if (leftOut > 0) console.log(`left out: ${leftOut} orders that were placed later; --with-later places them again`)
  if (again.unpaid > 0) console.log(`${again.unpaid} of these orders lost their payment tokens and will be rejected`)
  if (again.returns > 0)
    console.log(`${again.returns} returns that customers asked for after the backup are to be asked for again`)
  console.log(`start it with: npm start -- --data ${to}`)
}

const momentOf = (given: string): Date => {
  const moment = new Date(given)
  if (Number.isNaN(moment.getTime())) throw new BackupError(`--until: ${given} is no moment, e.g. 2026-01-31T12:00:00Z`)
  return moment
}

try {
  await main()
} catch (error) {
  console.error(`restore: ${(error as Error).message}`)
  process.exit(1)
}
process.exit()
