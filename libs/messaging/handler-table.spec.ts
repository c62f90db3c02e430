import { expect, test } from 'vitest'
import { handlerTable } from './handler-table.ts'
import { handlersFor, ignore } from './handlers.ts'

const TYPES = [
  'payment.authorize',
  'payment.capture',
  'payment.void',
  'payment.refund',
  'payment.refund-return',
] as const
const commands: object = handlersFor(TYPES, ignore)

test('names the topics that its types travel on', () => {
  const { table, topics } = handlerTable(commands)
  expect(topics).toEqual(['payment-commands'])
  expect(table.get('payment.void')).toBe('ignore')
})

test('a type that nobody handles or ignores is refused by name', () => {
  const { 'payment.void': _, ...rest } = commands as Record<string, unknown>
  expect(() => handlerTable(rest)).toThrow('cannot consume: payment.void has no handler')
})

test('a handler of a type that does not exist is refused by name', () => {
  expect(() => handlerTable({ ...commands, 'payment.teleport': ignore } as never)).toThrow(
    'cannot consume: payment.teleport is no message type',
  )
})
