import { expect, test } from 'vitest'
import { type Decider, fold, isRefusal, refuse, unreachable } from './decider.ts'

type Turned = { type: 'turned'; to: 'on' | 'off' }
const lamp: Decider<'on' | 'off', 'on' | 'off', Turned, 'already'> = {
  initial: 'off',
  decide: (state, to) => (state === to ? refuse('already', `it is ${to}`) : [{ type: 'turned', to }]),
  evolve: (_, { to }) => to,
}

test('a decision is what happens next, and folding it gives the next state', () => {
  const decision = lamp.decide(lamp.initial, 'on')
  expect(isRefusal(decision)).toBe(false)
  expect(fold(lamp, decision as Turned[])).toBe('on')
})

test('a refusal is a value with a reason', () => {
  const decision = lamp.decide('on', 'on')
  expect(isRefusal(decision)).toBe(true)
  expect(decision).toEqual({ refused: 'already', detail: 'it is on' })
})

test('a case that cannot be says so when it comes all the same', () => {
  expect(() => unreachable('surprise' as never)).toThrow('"surprise"')
})
