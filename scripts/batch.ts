import { parseArgs } from 'node:util'
import { archiveStore, countHours, type HourCounts } from '#libs/archive'
import { streamRules } from '../apps/analytics/src/history/rules.ts'

const USAGE = `npm run batch -- --day 2026-11-25 [--archive PLACE]: counts the hours of a day from the archive

  --day DATE            in UTC; or --from and --to, in milliseconds since 1970
  --archive PLACE       a folder, or s3://bucket/prefix with AWS's environment; default ARCHIVE or .waybill/archive
  --json                everything, by country, device and product as well`

const HOUR_MS = 3_600_000
const text = { type: 'string' } as const

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { day: text, from: text, to: text, archive: text, json: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  if (values.help) return console.log(USAGE)
  const from = values.from === undefined ? Date.parse(`${values.day}T00:00:00Z`) : Number(values.from)
  const to = values.to === undefined ? from + 24 * HOUR_MS : Number(values.to)
  if (!(from < to)) throw new Error('which day? --day 2026-11-25')
  const store = archiveStore(values.archive ?? process.env.ARCHIVE ?? '.waybill/archive')
  const counts = await countHours(store, streamRules, { from, to })
  if (values.json) process.stdout.write(JSON.stringify(counts))
  else show(counts, store.place)
}

const show = ({ files, sums, truths }: HourCounts, place: string): void => {
  console.log(`${files} files of ${place}`)
  const hours = sums.filter(({ dimension }) => dimension === 'all')
  console.table(
    Object.fromEntries(
      hours.map(({ start, sums }) => {
        const truth = truths.find((one) => one.start === start)
        const { visitors = 0, p50 = null, p95 = null, visit = null } = truth ?? {}
        const exact = { visitors, 'basket p50': p50, 'basket p95': p95, 'visit p50 ms': visit }
        return [new Date(start).toISOString().slice(0, 13), { ...sums, ...exact }]
      }),
    ),
  )
}

try {
  await main()
} catch (error) {
  console.error(`batch: ${(error as Error).message}\n\n${USAGE}`)
  process.exit(1)
}
