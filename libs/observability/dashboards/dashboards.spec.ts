import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { grafanaJson } from './dashboard.ts'
import { dashboards } from './dashboards.ts'

const FOLDER = join(import.meta.dirname, '../../../deploy/grafana/dashboards')

/** With `-u` they are made anew. */
test.each(dashboards)("Grafana's file of $name is what is written here", async (dashboard) => {
  await expect(grafanaJson(dashboard)).toMatchFileSnapshot(join(FOLDER, `${dashboard.name}.json`))
})

test('there is no other file', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(dashboards.map(({ name }) => `${name}.json`).sort())
})
