import { expect, test } from 'vitest'
import { type Step, stagesOf } from './saga-stages.ts'

const step = (name: string, status: Step['status'] = 'succeeded'): Step => ({
  ...{ name, status, attempts: 1, commandId: name },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', endedAt: null },
})
const names = (stages: ReturnType<typeof stagesOf>['forward']) =>
  stages.map(({ steps }) => steps.map(({ name, step }) => (step ? name : `(${name})`)).join(' + '))

test('a saga that runs shows what is still to come', () => {
  const { forward, undoing } = stagesOf({
    state: 'running',
    steps: [step('authorize-payment'), step('reserve-stock', 'running')],
  })
  expect(names(forward)).toEqual([
    'authorize-payment + reserve-stock',
    '(capture-payment)',
    '(ship-order)',
    '(dispatch-stock)',
  ])
  expect(undoing).toEqual([])
})

test('one that is undone shows how far it came and what undid it, and nothing that will not be', () => {
  const { forward, undoing } = stagesOf({
    state: 'compensated',
    steps: [
      step('authorize-payment', 'failed'),
      step('reserve-stock', 'compensated'),
      step('release-stock'),
      step('new-step'),
    ],
  })
  expect(names(forward)).toEqual(['authorize-payment + reserve-stock', 'new-step'])
  expect(names(undoing)).toEqual(['release-stock'])
})
