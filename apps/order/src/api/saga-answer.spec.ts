import { expect, test } from 'vitest'
import type { StoredSaga } from '#libs/saga'
import { notStarted } from '../domain/fulfilment-state.ts'
import { sagaSummary } from './saga-answer.ts'

const saga = (changes: Partial<StoredSaga>) =>
  ({ type: 'fulfilment', wakeError: null, state: notStarted, ...changes }) as StoredSaga

test('a saga says why it needs attention where no step does', () => {
  expect(sagaSummary(saga({})).error).toBeUndefined()
  expect(sagaSummary(saga({ wakeError: 'a bug' })).error).toBe('a bug')
  const asked = { asked: 36 }
  expect(sagaSummary(saga({ state: { ...notStarted, tracking: asked } })).error).toContain('parcel')
  const due = { ...asked, dueAt: '2026-01-01T00:00:00.000Z' }
  expect(sagaSummary(saga({ state: { ...notStarted, tracking: due } })).error).toBeUndefined()
})
