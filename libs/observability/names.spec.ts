import { expect, test } from 'vitest'
import { metrics } from './names.ts'

const names = Object.values(metrics).flatMap((group) => Object.values(group) as string[])

test('every metric is ours, named once, and ends in its unit', () => {
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^waybill_[a-z_]+_(seconds|total|workers|records|rows|size)$/)
})
