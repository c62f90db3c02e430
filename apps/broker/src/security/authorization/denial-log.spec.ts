import { beforeEach, expect, test } from 'vitest'
import type { Logger } from '#libs/logging'
import { type Denial, DenialLog } from './denial-log.ts'

let lines: { readonly message: string; readonly times?: number; readonly resource?: string }[]
let now: number
let log: DenialLog
beforeEach(() => {
  lines = []
  now = 0
  const warn = (message: string, fields: object) => void lines.push({ message, ...fields })
  log = new DenialLog({ warn } as unknown as Logger, () => now)
})

const denial = (resource: string): Denial => ({
  ...{ principal: 'User:alice', host: '10.0.0.1', operation: 'read', resourceType: 'topic', resource },
})
const messages = () => lines.map(({ message }) => message)

test('a denial is told once, and how often it came when a minute is over', () => {
  for (let i = 0; i < 5; i++) log.add(denial('t'))
  log.add(denial('u'))
  expect(messages()).toEqual(['denied', 'denied'])
  now = 60_000
  log.add(denial('t'))
  expect(messages()).toEqual(['denied', 'denied', 'denied again', 'denied'])
  expect(lines[2]).toMatchObject({ resource: 't', times: 4, principal: 'User:alice' })
})

test('a client that asks for ever other things, of any length, fills neither memory nor log', () => {
  for (let i = 0; i < 5000; i++) log.add(denial(`${i}`))
  expect(lines).toHaveLength(1000)
  now = 60_000
  log.add(denial('x'.repeat(30_000)))
  expect(lines[1000]).toMatchObject({ message: 'denied others, too many to be told one by one', times: 4000 })
  expect(lines[1001]!.resource).toHaveLength(249)
})
