import { bin } from './bootstrap/steps.mjs'
import { TestRun } from './bootstrap/test-run.mjs'

/** `npm test`: everything that can be checked without anything but Node. Arguments narrow the tests, as vitest takes them. */
const narrowing = process.argv.slice(2)
const run = new TestRun()
await run.check('lint and format', [bin('biome'), 'check'])
await run.check('types and build', ['scripts/bootstrap.mjs', 'build'])
await run.tests('unit, property and integration', ['unit', 'int'], narrowing)
await run.tests('end to end', ['e2e', 'e2e-alone'], narrowing)
run.finish()
