import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testsFolder } from './installation.ts'

/** What `test-runner` can be asked to run at once: the tests of one number that need the same broker. */
export interface SuiteTests {
  readonly number: string
  /** How the broker must be set up: `default`, or `noautocreate`. */
  readonly scenario: string
  readonly names: readonly string[]
}

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface RunOptions {
  readonly brokers: string
  /** A folder with `bin/kafka-topics.sh`. */
  readonly kafkaPath: string
  readonly logFolder: string
  /** Only the subtests with this in their name. */
  readonly subtest?: string
}

/** Tests of share groups need Kafka 4.2, and are left out by claiming to be older. */
const BROKER_VERSION = '4.1.0'
/** Some tests race against timeouts meant for a machine of their own. */
const TIMEOUT_MULTIPLIER = 3
const LIMIT_MS = 600_000

/**
 * The tests that need a broker, from the table in test.c: `_TEST(0011_produce_batch, FLAGS, …, .scenario = "…")`. The
 * many that bring their own mock broker say nothing about ours.
 */
export async function listTests(): Promise<SuiteTests[]> {
  const source = await readFile(join(testsFolder, 'test.c'), 'utf8')
  const start = source.indexOf('struct test tests[] = {')
  const table = source.slice(start, source.indexOf('/* Manual tests */', start))
  const found = new Map<string, SuiteTests & { names: string[] }>()
  for (const entry of table.split(/\b_TEST\(/).slice(1)) {
    const name = /^\w+/.exec(entry)![0]
    const isForeign = /TEST_F_(LOCAL|MANUAL|KNOWN_ISSUE,)|TEST_BRKVER\(4, 2/.test(entry) || name.includes('_mock')
    if (isForeign) continue
    const scenario = /\.scenario = "(\w+)/.exec(entry)?.[1] ?? 'default'
    const number = name.slice(0, 4)
    const key = `${number} ${scenario}`
    if (!found.has(key)) found.set(key, { number, scenario, names: [] })
    found.get(key)!.names.push(name)
  }
  return [...found.values()]
}

/** Runs them in a process of their own, whose output goes to a file; resolves to the outcome of each. */
export async function runTests(tests: SuiteTests, options: RunOptions): Promise<Map<string, Outcome>> {
  const { number, scenario, names } = tests
  const { brokers, kafkaPath, logFolder, subtest } = options
  const file = join(logFolder, [number, scenario, subtest ?? 'all'].join('.'))
  const config = { 'bootstrap.servers': brokers, 'test.topic.random': true }
  const lines = Object.entries({ ...config, 'test.timeout.multiplier': TIMEOUT_MULTIPLIER })
  await writeFile(`${file}.conf`, lines.map(([key, value]) => `${key}=${value}\n`).join(''))
  const env = {
    ...process.env,
    ...{ TESTS: number, TEST_SCENARIO: scenario, TEST_KAFKA_VERSION: BROKER_VERSION },
    ...{ BROKERS: brokers, KAFKA_PATH: kafkaPath, RDKAFKA_TEST_CONF: `${file}.conf` },
    ...(subtest === undefined ? {} : { SUBTESTS: subtest }),
    LD_LIBRARY_PATH: '../src:../src-cpp',
  }
  const output = await runToTheEnd(env, `${file}.log`)
  return new Map(names.map((name) => [name, outcomeOf(name, output)]))
}

/** `-L` leaves out the tests that need no broker. */
function runToTheEnd(env: NodeJS.ProcessEnv, logFile: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('./test-runner', ['-p1', '-L'], { cwd: testsFolder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
    const log = createWriteStream(logFile)
    let tail = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.pipe(log, { end: false })
      stream.on('data', (chunk: Buffer) => {
        tail = (tail + chunk.toString()).slice(-20_000)
      })
    }
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(limit)
      log.end()
      resolve(tail)
    })
  })
}

/** From the summary at the end: `| 0011_produce_batch | PASSED | 1.0s`. No summary means that the runner has died. */
function outcomeOf(name: string, output: string): Outcome {
  const row = new RegExp(`\\b${name} +\\| +(PASSED|FAILED|SKIPPED)`).exec(output)
  if (row?.[1] === 'PASSED') return 'passed'
  return row?.[1] === 'SKIPPED' ? 'skipped' : 'failed'
}
