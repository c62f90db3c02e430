import { fail } from './bootstrap/steps.mjs'
import { TestRun } from './bootstrap/test-run.mjs'

/** `npm run test:kafka`: conformance and end-to-end tests on the Kafka that KAFKA_BROKERS names, not the bundled broker. */
if (!process.env.KAFKA_BROKERS) fail('name a Kafka in KAFKA_BROKERS (host:port, comma separated) to test against')

/** They stop, kill or configure a broker, which must be a bundled one: another Kafka is nothing to them. */
const shareOnly = ['share-durability', 'share-observability']
const bundledOnly = ['cli', 'durability', 'limits', 'observability', ...shareOnly, 'transactions-durability']
const excluded = bundledOnly.flatMap((name) => ['--exclude', `test/conformance/${name}.int.spec.ts`])

/** Where the broker matters: all of what an order does, what goes wrong around it, and kills. */
const onKafka = [...['flows', 'delivery', 'robustness'].map((name) => `test/e2e/${name}.`), 'test/chaos/kill.']

const narrowing = process.argv.slice(2)
const conformance = [
  ...excluded,
  ...(narrowing.length > 0
    ? narrowing
    : [
        // Whose sessions last for 45 s on a Kafka that is set up as it comes: four minutes, for whoever names it.
        ...['--exclude', 'test/conformance/consumer-clients.int.spec.ts'],
        ...['test/conformance', 'test/analytics'],
        ...['queue/work-queue', 'groups', 'group-offsets'].map((name) => `libs/messaging/${name}`),
      ]),
]
const run = new TestRun()
await run.tests(`conformance on ${process.env.KAFKA_BROKERS}`, ['int'], conformance)
await run.tests(`end to end on ${process.env.KAFKA_BROKERS}`, ['e2e'], narrowing.length > 0 ? narrowing : onKafka)
run.finish()
