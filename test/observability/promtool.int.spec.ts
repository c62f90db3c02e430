import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dashboards } from '#libs/observability'
import { debianTool } from './debian-tool.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy')
const PROMETHEUS = join(DEPLOY, 'prometheus')

const promtool = debianTool('promtool', 'prometheus')
const amtool = debianTool('amtool', 'prometheus-alertmanager')

describe.skipIf(promtool === undefined)('promtool', () => {
  const run = (...args: string[]) => promtool!.run(PROMETHEUS, ...args)

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

  /** The files that they name are in containers. */
  test("takes Prometheus' settings", () => {
    expect(run('check', 'config', '--syntax-only', 'prometheus.yml')).toMatchObject({ status: 0 })
  })
})

test.skipIf(amtool === undefined)("amtool takes Alertmanager's settings", () => {
  const { status, said } = amtool!.run(join(DEPLOY, 'alertmanager'), 'check-config', 'alertmanager.yml')
  expect(said).toContain('SUCCESS')
  expect(status).toBe(0)
})
