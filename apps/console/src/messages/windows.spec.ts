import { expect, test } from 'vitest'
import { windowsAround } from './windows.ts'

const seconds = ({ from, to }: { from: number; to: number }) => [from / 1_000, to / 1_000]
const at = (second: number) => new Date(second * 1_000).toISOString()

test('instants that are near each other are looked at in one go, in whatever order they come', () => {
  expect(windowsAround([at(110), at(100), at(1_000)], 9).map(seconds)).toEqual([
    [98, 125],
    [998, 1_015],
  ])
})

test('of very many the newest are looked at', () => {
  const hours = Array.from({ length: 30 }, (_, hour) => at(hour * 3_600))
  expect(windowsAround(hours, 2).map(seconds)).toEqual([
    [28 * 3_600 - 2, 28 * 3_600 + 15],
    [29 * 3_600 - 2, 29 * 3_600 + 15],
  ])
  expect(windowsAround([], 2)).toEqual([])
})
