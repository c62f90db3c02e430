import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dashboards } from '#libs/observability'

const ROOT = join(import.meta.dirname, '../..')
const RULES = join(ROOT, 'deploy/prometheus')
/** Debian's package is unpacked here, and nothing is installed: no service is to start. */
const UNPACKED = join(tmpdir(), 'waybill-promtool')

const works = (program: string): boolean => spawnSync(program, ['--version']).status === 0

const unpack = (): string | undefined => {
  const program = join(UNPACKED, 'usr/bin/promtool')
  if (existsSync(program)) return program
  if (process.platform !== 'linux') return undefined
  mkdirSync(UNPACKED, { recursive: true })
  const quietly = { stdio: 'ignore', timeout: 120_000, cwd: UNPACKED } as const
  if (spawnSync('apt-get', ['download', 'prometheus'], quietly).status !== 0) {
    spawnSync('apt-get', ['update', '-qq'], quietly)
    spawnSync('apt-get', ['download', 'prometheus'], quietly)
  }
  const file = readdirSync(UNPACKED).find((name) => name.endsWith('.deb'))
  if (file !== undefined) spawnSync('dpkg', ['-x', file, UNPACKED], quietly)
  return existsSync(program) ? program : undefined
}

const promtool = works('promtool') ? 'promtool' : unpack()
if (promtool === undefined)
  process.stderr.write(
    'skipped: promtool is not installed here and could not be had (Debian: apt-get install prometheus)\n',
  )

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(promtool!, args, { cwd: RULES, encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

describe.skipIf(promtool === undefined)('promtool', () => {
  test('takes the rules, and comes to the verdicts that the gateway comes to', () => {
    expect(run('check', 'rules', 'rules.yml')).toMatchObject({ status: 0 })
    const { status, said } = run('test', 'rules', 'rules.test.yml')
    expect(said).toContain('SUCCESS')
    expect(status).toBe(0)
  })

  test('understands every query of every dashboard', () => {
    const queries = dashboards.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)))
    const rules = queries.map((expr, i) => ({ record: `query:number_${i}`, expr }))
    const file = join(mkdtempSync(join(tmpdir(), 'waybill-queries-')), 'rules.yml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }))
    const { status, said } = run('check', 'rules', file)
    expect(said).toContain(`${queries.length} rules found`)
    expect(status).toBe(0)
  })
})
