import { of, throwError } from 'rxjs'
import { expect, test } from 'vitest'
import type { MessageType } from '#libs/contracts'
import { handlerTable } from './handler-table.ts'

const handlersFor = (...types: string[]) => new Map(types.map((type) => [type, async () => undefined]))
const rest: MessageType[] = ['payment.capture', 'payment.void', 'payment.refund']

test('every type on the topics has its handler or is ignored', () => {
  const table = handlerTable(['payment-commands'], rest, handlersFor('payment.authorize'))
  expect([...table.keys()].sort()).toEqual(['payment.authorize', ...rest].sort())
  expect(table.get('payment.void')).toBe('ignore')
})

test('a type that nobody handles or ignores is refused by name', () => {
  const without = rest.filter((type) => type !== 'payment.void')
  expect(() => handlerTable(['payment-commands'], without, handlersFor('payment.authorize'))).toThrow(
    'cannot consume: payment.void has no handler',
  )
})

test('a handler or an ignored type of no use is refused by name', () => {
  const handlers = handlersFor('payment.authorize', 'payment.capture', 'payment.teleport')
  expect(() => handlerTable(['payment-commands'], [...rest, 'order.placed'], handlers)).toThrow(
    'payment.capture has a handler and is ignored; payment.teleport is on none of the topics payment-commands; order.placed is on none',
  )
})

test('an error comes back as it was thrown, through whatever the framework made of it', async () => {
  const error = new Error('no such order')
  const handlers = new Map<string, unknown>([
    ['payment.authorize', async () => throwError(() => error)],
    ['payment.capture', async () => Promise.reject(error)],
    ['payment.void', async () => of(undefined)],
    ['payment.refund', async () => undefined],
  ])
  const table = handlerTable(['payment-commands'], [], handlers as never)
  const call = async (type: MessageType) => (table.get(type) as (...args: unknown[]) => Promise<void>)({}, {})
  await expect(call('payment.authorize')).rejects.toBe(error)
  await expect(call('payment.capture')).rejects.toBe(error)
  await expect(call('payment.void')).resolves.toBeUndefined()
  await expect(call('payment.refund')).resolves.toBeUndefined()
})
