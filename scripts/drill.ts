import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fires, rests } from './drills/alert.ts'
import { SystemUnderDrill } from './drills/drill.ts'
import { drills, withoutDrill } from './drills/drills.ts'
import { ROOT } from './root.ts'

const USAGE = `npm run drill -- ALERT [--mend]: makes the fault that an alert is about, for real, in a system that runs by npm start,
and waits until the alert fires

  ALERT         ${Object.keys(drills).join(', ')}
  --mend        then does what its runbook says, proves that it is mended, and waits until the alert rests; without it
                that is left to you
  --url URL     the console (http://localhost:8080)
  --data DIR    the system's data folder (.waybill)
Environment: WAYBILL_TOKEN, an access token of an admin where a login is asked for.
Never on a system that customers use. What is paused goes on by itself after a minute.`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

const main = async (): Promise<void> => {
  const options = { mend: flag, url: text, data: text, help: flag }
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) return console.log(USAGE)
  const [alert, ...others] = positionals
  if (alert === undefined || others.length > 0) throw new Error(`which alert?\n\n${USAGE}`)
  if (withoutDrill[alert] !== undefined) throw new Error(`${alert}: ${withoutDrill[alert]}`)
  const drill = Object.hasOwn(drills, alert) ? drills[alert] : undefined
  if (drill === undefined) throw new Error(`no drill ${alert}; there are ${Object.keys(drills).join(', ')}`)
  const url = (values.url ?? 'http://localhost:8080').replace(/\/$/, '')
  const data = values.data === undefined ? join(ROOT, '.waybill') : resolve(values.data)
  const system = new SystemUnderDrill(url, data, process.env.WAYBILL_TOKEN)
  if ((await system.look('/api/processes')) === undefined)
    throw new Error(`no Waybill answers at ${url}: npm start, or name its console with --url`)
  console.log(`fault    ${drill.fault}`)
  const fault = await drill.make(system)
  const { shows, look, mend } = fault
  console.log(`shows    ${shows}`)
  console.log(look.map((place, i) => `${i === 0 ? 'look' : '    '}     ${place}`).join('\n'))
  console.log(`runbook  docs/runbooks/${alert}.md`)
  console.log(`alert    ${await fires(system, alert, fault)}`)
  if (!values.mend) return
  console.log('mending')
  console.log(`mended   ${await mend()}`)
  await rests(system, alert)
  console.log(`alert    ${alert} rests`)
}

try {
  await main()
} catch (error) {
  console.error(`drill: ${(error as Error).message}`)
  process.exit(1)
}
