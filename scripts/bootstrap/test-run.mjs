import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bin, root } from './steps.mjs'

/** A run of several parts, each of which runs even after another failed, so that one run tells all. */
export class TestRun {
  #reports = mkdtempSync(join(tmpdir(), 'waybill-reports-'))
  #parts = []

  /** A check that passes or fails as a whole; it counts as one test. */
  async check(title, args) {
    console.log(`\n── ${title}`)
    const failed = (await run(args)) === 0 ? 0 : 1
    this.#parts.push({ title, passed: 1 - failed, failed, skipped: 0, failures: [] })
  }

  /** The tests of vitest's projects; `narrowing` are further arguments of its command line. */
  async tests(title, projects, narrowing) {
    console.log(`\n── ${title}`)
    const report = join(this.#reports, `${projects.join('-')}.json`)
    const selection = projects.flatMap((project) => ['--project', project])
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await run([bin('vitest'), 'run', ...selection, ...reporters, '--passWithNoTests', ...narrowing])
    const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
    this.#parts.push({ title, ...countsOf(result, code), failures: result ? failuresOf(result) : [] })
  }

  /** Prints what failed, each part's outcome and, alone on the last line, the sum; sets the exit code. */
  finish() {
    rmSync(this.#reports, { recursive: true, force: true })
    console.log()
    for (const failure of this.#parts.flatMap(({ failures }) => failures)) console.log(`FAILED ${failure}`)
    for (const { title, ...counts } of this.#parts)
      console.log(`${counts.failed === 0 ? '✓' : '✗'} ${title.padEnd(34)} ${words(counts)}`)
    const sum = (key) => this.#parts.reduce((total, part) => total + part[key], 0)
    const total = { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
    console.log(`\n${words(total)}`)
    process.exitCode = total.failed > 0 ? 1 : 0
  }
}

const words = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`

/** A file that cannot be loaded, or an error outside of any test, fails the run without failing a test: it counts too. */
const countsOf = (result, code) => {
  if (!result) return { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = result
  const failed = code !== 0 && numFailedTests === 0 ? 1 : numFailedTests
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}

/** For each test that failed, and for each file that failed without one: its name and how its message begins. */
const failuresOf = ({ testResults }) =>
  testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults.filter((test) => test.status === 'failed')
    if (failed.length === 0) return status === 'failed' ? [`${file}: ${beginningOf(message)}`] : []
    return failed.map((test) => `${file} > ${test.fullName}: ${beginningOf(test.failureMessages[0])}`)
  })

/** The longest line, and the longest report, of a property. */
const [LONGEST_LINE, LONGEST_REPORT] = [1500, 2000]

/** The first line. Of a property that failed, all but the stack: seed, path and counterexample lead to the failure again. */
const beginningOf = (text = '') => {
  const [report] = text.trimStart().split(/\n\s+at /, 1)
  const [first, ...more] = report.split('\n')
  if (!first.includes('Property failed')) return first
  const lines = more.map((line) => `  ${cut(line, LONGEST_LINE)}`)
  return cut([first, ...lines].join('\n'), LONGEST_REPORT)
}

const cut = (text, length) => (text.length > length ? `${text.slice(0, length)} …` : text)

const run = (args) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' })
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
