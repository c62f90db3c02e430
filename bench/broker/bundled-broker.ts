import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { COMPILE_CACHE, nodeFlags } from '../../scripts/processes.ts'
import { ROOT } from '../../scripts/root.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'

const MAIN = join(ROOT, 'dist', 'apps', 'broker', 'src', 'main.js')
/** What `apache-kafka` sets for the other one. */
const SETTINGS = ['group.initial.rebalance.delay.ms=0', 'num.partitions=4']

/** The bundled broker as the supervisor launches it, on a free port and a fresh directory that goes with it. */
export const startBundled = async (extraNodeFlags: readonly string[] = []): Promise<BrokerUnderTest> => {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const settings = SETTINGS.map((setting) => `--set=${setting}`)
  const args = [...nodeFlags('broker'), ...extraNodeFlags, MAIN, '--port=0', `--data-dir=${directory}`, ...settings]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  })
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })
  const port = await new Promise<number>((resolve, reject) => {
    lines.on('line', (line) => {
      const ready = /^broker ready \S+:(\d+)$/.exec(line)
      if (ready !== null) resolve(Number(ready[1]))
    })
    exit.then(([code]) => reject(new Error(`the bundled broker ended with ${code} before it was ready`)))
  })
  return {
    ...{ name: 'bundled', host: '127.0.0.1', port, pid: child.pid! },
    stop: async () => {
      child.kill('SIGTERM')
      await exit
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
