import { fail } from './bootstrap/steps.mjs'
import { TestRun } from './bootstrap/test-run.mjs'

/** `npm run test:kafka`: the end-to-end tests on the Kafka that KAFKA_BROKERS names instead of the bundled broker. */
if (!process.env.KAFKA_BROKERS) fail('name a Kafka in KAFKA_BROKERS (host:port, comma separated) to test against')
const run = new TestRun()
await run.tests(`end to end on ${process.env.KAFKA_BROKERS}`, ['e2e'], process.argv.slice(2))
run.finish()
