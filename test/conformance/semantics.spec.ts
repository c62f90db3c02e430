import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const here = import.meta.dirname
const UNIT = resolve(here, '../../apps/broker/src')
const SEMANTICS = 48

const read = (file: string) => readFileSync(join(here, file), 'utf8')
const specs = readdirSync(here).filter((name) => name.endsWith('.int.spec.ts'))

/** The numbers in the titles of a spec file: `test('[9] …`, or several as `[9] [10]`. */
const numbersIn = (source: string): Set<number> => {
  const titles = source.match(/(['"`])(\[\d+\] )+/g) ?? []
  return new Set(titles.flatMap((title) => title.match(/\d+/g)!.map(Number)))
}

const rows = read('README.md')
  .split('\n')
  .flatMap((line) => {
    const cells = /^\| (\d+) +\|.*\| ([^|]+?) *\|$/.exec(line)
    return cells === null ? [] : [{ number: Number(cells[1]), where: cells[2]! }]
  })

describe('the table of semantics', () => {
  test('has each of them once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: SEMANTICS }, (_, i) => i + 1))
  })

  test.each(rows)('$number is proven in $where', ({ number, where }) => {
    if (where.startsWith('—')) return
    if (where.startsWith('unit: ')) {
      const folder = join(UNIT, where.slice('unit: '.length))
      const files = readdirSync(folder).filter((name) => name.endsWith('.spec.ts'))
      const found = files.filter((name) => numbersIn(readFileSync(join(folder, name), 'utf8')).has(number))
      expect(found, `a unit test below ${folder} with [${number}] in its title`).not.toEqual([])
      return
    }
    for (const name of where.split(', ')) expect(numbersIn(read(`${name}.int.spec.ts`)), name).toContain(number)
  })

  test('names every file that proves one', () => {
    for (const name of specs) {
      for (const number of numbersIn(read(name))) {
        const row = rows.find((candidate) => candidate.number === number)
        expect(row?.where.split(', '), `[${number}]`).toContain(name.replace('.int.spec.ts', ''))
      }
    }
  })
})
