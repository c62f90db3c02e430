import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BrokerProcess, startBroker } from '#libs/testing'
import { buildTestRunner, installClient, testsFolder } from './installation.ts'
import { listTests, type Outcome, type RunOptions, runTests, type SuiteTests } from './test-runner.ts'

/**
 * `npm run test:librdkafka [-- NUMBER…]`: librdkafka's own tests on the bundled broker, or on the one that KAFKA_BROKERS
 * names. Tests listed in passing.txt must pass, at the second try at the latest; the others are run too, and told apart.
 * With `--install` nothing is run: the client is built, for the tests that use it.
 */
const root = resolve(import.meta.dirname, '../../..').replace(/\/dist$/, '')
const kept = join(root, 'test/conformance/librdkafka/passing.txt')
const logFolder = join(root, '.runtime/librdkafka/logs')

/** One run of `test-runner`: tests of one number, or some of their subtests where not all of them pass. */
interface Run {
  readonly tests: SuiteTests
  readonly subtest?: string
}

const say = (line: string) => process.stdout.write(`${line}\n`)

/** A line of passing.txt is a test, or a test and one of its subtests where not all of them pass. */
async function keptTitles(): Promise<string[]> {
  const lines = (await readFile(kept, 'utf8')).split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
}

async function runsOf(numbers: readonly string[], titles: readonly string[]): Promise<Run[]> {
  const wanted = (await listTests()).filter(({ number }) => numbers.length === 0 || numbers.includes(number))
  return wanted.flatMap((tests): Run[] => {
    const subtests = titles.filter((title) => tests.names.some((name) => title.startsWith(`${name} `)))
    if (subtests.length === 0) return [{ tests }]
    return subtests.map((title) => ({ tests, subtest: title.split(' ')[1]! }))
  })
}

/** These expect consumers that start one after the other to be assigned together. */
const TOGETHER = ['0113']

/** Brokers by what tests want of them, started when the first one asks. */
class Brokers {
  private readonly own = new Map<string, BrokerProcess>()

  async addressFor({ number, scenario }: SuiteTests): Promise<string> {
    if (process.env.KAFKA_BROKERS !== undefined) return process.env.KAFKA_BROKERS
    const settings = {
      'num.partitions': 4,
      'auto.create.topics.enable': scenario !== 'noautocreate',
      'group.initial.rebalance.delay.ms': TOGETHER.includes(number) ? 500 : 0,
    }
    const key = JSON.stringify(settings)
    const known = this.own.get(key)
    if (known !== undefined) return known.brokers
    const started = await startBroker({ settings })
    this.own.set(key, started)
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
  const titles = await keptTitles()
  try {
    for (const { tests, subtest } of await runsOf(numbers, titles)) {
      const options: RunOptions = { brokers: await brokers.addressFor(tests), kafkaPath, logFolder }
      const started = Date.now()
      const titleOf = (name: string) => (subtest === undefined ? name : `${name} ${subtest}`)
      const runOnce = () => runTests(tests, subtest === undefined ? options : { ...options, subtest })
      let outcomes = await runOnce()
      // Some measure milliseconds, and any may come upon a machine that is busy with something else.
      const isSurprise = [...outcomes].some(([name, outcome]) => outcome === 'failed' && titles.includes(titleOf(name)))
      if (isSurprise) outcomes = await runOnce()
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      for (const [name, outcome] of outcomes) {
        const title = titleOf(name)
        const isKept = titles.includes(title)
        counts[outcome]++
        if (isKept && outcome !== 'passed') broken.push(title)
        const note = outcome === 'passed' ? (isKept ? '' : ' and is not listed') : isKept ? ' BUT IS LISTED' : ''
        say(`${outcome.padEnd(7)} ${seconds.padStart(6)} s  ${title}${note}`)
      }
    }
  } finally {
    await brokers.close()
  }
  say(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped; logs in ${logFolder}`)
  if (broken.length > 0) say(`listed in passing.txt and did not pass: ${broken.join(', ')}`)
  return broken.length > 0 ? 1 : 0
}

async function install(): Promise<number> {
  const reason = await installClient()
  if (reason === undefined) return 0
  say(`librdkafka cannot be built here: ${reason}`)
  return 1
}

const args = process.argv.slice(2)
try {
  process.exitCode = args.includes('--install') ? await install() : await run(args)
} catch (error) {
  say(`librdkafka's tests cannot be run here: ${(error as Error).message}\n(they would be in ${testsFolder})`)
  process.exitCode = 1
}
