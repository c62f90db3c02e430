import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeMetrics } from './describe.ts'
import { metricTable } from './table.ts'

const DOCS = join(import.meta.dirname, '../../../docs/metrics.md')
const UNITS = [
  ...['seconds', 'bytes', 'records', 'rows', 'messages', 'size', 'ratio', 'workers', 'instances', 'connections'],
  ...['partitions', 'violations'],
]

test('every metric is named once, as Prometheus wants it', () => {
  expect(new Set(metricTable.map(({ name }) => name)).size).toBe(metricTable.length)
  for (const { name, type, buckets } of metricTable) {
    expect(name).toMatch(/^(waybill|broker)_[a-z_]+$/)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    if (type === 'histogram') expect(buckets, name).toEqual([...buckets!].sort((a, b) => a - b))
    if (name.startsWith('waybill_') && type !== 'counter') expect(UNITS, name).toContain(name.split('_').at(-1))
  }
})

test('every label is bounded', () => {
  for (const { name, labels } of metricTable)
    for (const [label, { most, what, among }] of Object.entries(labels)) {
      expect(label, name).toMatch(/^[a-z]+$/)
      expect(most, `${name} ${label}`).toBeGreaterThan(0)
      expect(most, `${name} ${label}`).toBeLessThanOrEqual(1_000)
      expect(what, `${name} ${label}`).not.toBe('')
      if (among !== undefined) expect(new Set(among).size).toBe(most)
    }
})

/** With `-u` it is made anew. */
test('docs/metrics.md is what the table says', async () => {
  await expect(describeMetrics()).toMatchFileSnapshot(DOCS)
})
