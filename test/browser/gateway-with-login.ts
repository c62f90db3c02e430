import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../../scripts/root.ts'
import type { RunningSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

/** The issuer that a gateway at this port shows; what the system's simulators must have been started with. */
export const issuerAt = (port: number): string => `http://localhost:${port}/issuer`

/** A second gateway beside the system's own, on the same services, at which people log in. */
export const startGatewayWithLogin = async (system: RunningSystem, port: number): Promise<ChildProcess> => {
  const gateway = spawn(process.execPath, [join(ROOT, 'dist/apps/console/src/main.js')], {
    cwd: ROOT,
    env: {
      ...(await environmentOf(await system.pidOf('console'))),
      ...{ PORT: String(port), AUTH: 'oidc', OIDC_ISSUER: issuerAt(port), DEVELOPMENT_ISSUER: 'on' },
    },
    stdio: 'ignore',
  })
  const ended = once(gateway, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`)))
  const ready = until('the gateway with a login', async () => {
    const answer = await fetch(`http://localhost:${port}/health/ready`).catch(() => undefined)
    return answer?.ok || undefined
  })
  await Promise.race([ready, ended])
  ended.catch(() => {})
  return gateway
}

/** What Linux says that a process was started with. */
const environmentOf = async (pid: number): Promise<Record<string, string>> => {
  const entries = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((entry) => entry.includes('='))
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  )
}
