import type { SagaSummary } from '../../server/types.ts'

const RANK: Readonly<Record<SagaSummary['state'], number>> = {
  needs_attention: 0,
  compensating: 1,
  running: 2,
  compensated: 3,
  completed: 3,
}

/** What needs somebody first; among equals the order stays. */
export const byUrgency = (sagas: readonly SagaSummary[]): SagaSummary[] =>
  sagas.toSorted((a, b) => RANK[a.state] - RANK[b.state])
