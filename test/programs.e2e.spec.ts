import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../scripts/root.ts'

/** Node finds an import that is not there when it links a program, vitest and the compiler may not: so each is linked once. */
test.each([
  'bench/main',
  'bench/broker/main',
  'scripts/start',
  'scripts/stop',
  'scripts/payment-keys',
  'scripts/service-keys',
  'apps/broker/src/main',
])('%s can be loaded, and refuses an option that it does not know', (program) => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist', `${program}.js`), '--no-such-option'], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  expect(stderr).not.toMatch(/SyntaxError|ERR_MODULE_NOT_FOUND/)
  expect(stderr).toMatch(/no-such-option|payment-keys PRIVATE|service-keys KEYS/)
  expect(status).toBeGreaterThan(0)
})
