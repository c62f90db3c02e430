import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root, say } from './steps.mjs'

/** Whether `npm stop` has nothing to stop, which is said then: a fresh clone needs no Node and no build to know it. */
export const nothingRuns = (args) => {
  const at = args.findIndex((arg) => arg === '--data' || arg.startsWith('--data='))
  const named = at < 0 ? undefined : (args[at].split('=', 2)[1] ?? args[at + 1])
  const data = named === undefined ? join(root, '.waybill') : resolve(named)
  if (existsSync(join(data, 'run'))) return false
  say(`nothing runs on ${data}`)
  return true
}
