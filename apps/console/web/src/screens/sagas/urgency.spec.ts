import { expect, test } from 'vitest'
import type { SagaSummary } from '../../server/types.ts'
import { byUrgency } from './urgency.ts'

const saga = (sagaId: string, state: SagaSummary['state']) => ({ sagaId, state }) as SagaSummary

test('what needs somebody comes first, and otherwise the order stays', () => {
  const sagas = [saga('a', 'completed'), saga('b', 'running'), saga('c', 'needs_attention'), saga('d', 'compensated')]
  expect(byUrgency(sagas).map(({ sagaId }) => sagaId)).toEqual(['c', 'b', 'a', 'd'])
})
