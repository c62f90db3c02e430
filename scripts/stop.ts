import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from './root.ts'
import { endLeftovers, goneWithin, isRunning, PidFiles, SUPERVISOR } from './supervisor/pid-files.ts'
import { SUPERVISOR_MARK } from './supervisor/preconditions.ts'

/** Longer than the supervisor takes to lose patience with the slowest of its processes. Milliseconds. */
const PATIENCE = 60_000

const { values } = parseArgs({ options: { data: { type: 'string' } } })
const data = values.data === undefined ? join(ROOT, '.waybill') : resolve(values.data)
if (!existsSync(join(data, 'run'))) {
  console.log(`nothing ever ran on ${data}`)
} else {
  const pids = new PidFiles(data)
  const supervisor = pids.read(SUPERVISOR)
  const running = supervisor !== undefined && isRunning(supervisor, SUPERVISOR_MARK)
  if (running) {
    process.kill(supervisor, 'SIGTERM')
    if (!(await goneWithin(supervisor, SUPERVISOR_MARK, PATIENCE))) process.kill(supervisor, 'SIGKILL')
  }
  pids.remove(SUPERVISOR)
  const left = await endLeftovers(pids, data)
  if (running) console.log(`stopped what ran on ${data}`)
  else console.log(left.length > 0 ? `stopped ${left.join(', ')}` : `nothing runs on ${data}`)
}
