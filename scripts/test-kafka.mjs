import { fail } from './bootstrap/steps.mjs'
import { TestRun } from './bootstrap/test-run.mjs'

/** `npm run test:kafka`: conformance and end-to-end tests on the Kafka that KAFKA_BROKERS names, not the bundled broker. */
if (!process.env.KAFKA_BROKERS) fail('name a Kafka in KAFKA_BROKERS (host:port, comma separated) to test against')
const run = new TestRun()
await run.tests(`conformance on ${process.env.KAFKA_BROKERS}`, ['int'], ['test/conformance', ...process.argv.slice(2)])
await run.tests(`end to end on ${process.env.KAFKA_BROKERS}`, ['e2e'], process.argv.slice(2))
run.finish()
