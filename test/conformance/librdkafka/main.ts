import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { buildTestRunner, testsFolder } from './installation.ts'
import { listTests, type Outcome, type RunOptions, runTest, type SuiteTest } from './test-runner.ts'

/**
 * `npm run test:librdkafka [-- NUMBER…]`: librdkafka's own tests on the bundled broker, or on the one that KAFKA_BROKERS
 * names. Tests listed in passing.txt must pass; the others are run too, and told apart in the output.
 */
const root = resolve(import.meta.dirname, '../../..').replace(/\/dist$/, '')
const kept = join(root, 'test/conformance/librdkafka/passing.txt')
const logFolder = join(root, '.runtime/librdkafka/logs')

interface Item {
  readonly test: SuiteTest
  readonly subtest?: string
  readonly isKept: boolean
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const titleOf = ({ test, subtest }: Item) => (subtest === undefined ? test.name : `${test.name} ${subtest}`)

/** A line of passing.txt is a test, or a test and one of its subtests where not all of them pass. */
async function keptTitles(): Promise<string[]> {
  const lines = (await readFile(kept, 'utf8')).split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
}

async function itemsOf(numbers: readonly string[]): Promise<Item[]> {
  const titles = await keptTitles()
  const items = (await listTests()).flatMap((test): Item[] => {
    const subtests = titles.filter((title) => title.startsWith(`${test.name} `)).map((title) => title.split(' ')[1]!)
    if (subtests.length > 0) return subtests.map((subtest) => ({ test, subtest, isKept: true }))
    return [{ test, isKept: titles.includes(test.name) }]
  })
  return items.filter(({ test }) => numbers.length === 0 || numbers.some((number) => test.name.startsWith(number)))
}

/** Brokers by scenario, started when the first test asks for one. */
class Brokers {
  private readonly own = new Map<string, BrokerProcess>()

  async addressFor(scenario: string): Promise<string> {
    if (process.env.KAFKA_BROKERS !== undefined) return process.env.KAFKA_BROKERS
    const known = this.own.get(scenario)
    if (known !== undefined) return known.brokers
    const settings = { 'num.partitions': 4, 'auto.create.topics.enable': scenario !== 'noautocreate' }
    const started = await startBroker({ settings })
    this.own.set(scenario, started)
    return started.brokers
  }

  async close(): Promise<void> {
    for (const broker of this.own.values()) await broker.close()
  }
}

async function makeKafkaPath(): Promise<string> {
  const folder = join(root, '.runtime/librdkafka/kafka')
  const script = join(folder, 'bin/kafka-topics.sh')
  const program = join(import.meta.dirname, 'kafka-topics.js')
  await mkdir(join(folder, 'bin'), { recursive: true })
  await writeFile(script, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(script, 0o755)
  return folder
}

async function run(numbers: readonly string[]): Promise<number> {
  say('building librdkafka and its tests, unless that is done')
  await buildTestRunner()
  await mkdir(logFolder, { recursive: true })
  const kafkaPath = await makeKafkaPath()
  const brokers = new Brokers()
  const counts: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 }
  const broken: string[] = []
  try {
    for (const item of await itemsOf(numbers)) {
      const options: RunOptions = { brokers: await brokers.addressFor(item.test.scenario), kafkaPath, logFolder }
      const started = Date.now()
      const outcome = await runTest(
        item.test,
        item.subtest === undefined ? options : { ...options, subtest: item.subtest },
      )
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      counts[outcome]++
      const isBroken = item.isKept && outcome !== 'passed'
      if (isBroken) broken.push(titleOf(item))
      const note = isBroken ? ' BUT IT IS LISTED' : outcome === 'passed' && !item.isKept ? ' and is not listed' : ''
      say(`${outcome.padEnd(7)} ${seconds.padStart(6)} s  ${titleOf(item)}${note}`)
    }
  } finally {
    await brokers.close()
  }
  say(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped; logs in ${logFolder}`)
  if (broken.length > 0) say(`listed in passing.txt and did not pass: ${broken.join(', ')}`)
  return broken.length > 0 ? 1 : 0
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  say(`librdkafka's tests cannot be run here: ${(error as Error).message}\n(they would be in ${testsFolder})`)
  process.exitCode = 1
}
