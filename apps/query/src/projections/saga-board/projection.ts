import { folded } from '#libs/projections'
import { sagaBoardFacts, sagaCard } from './fold.ts'
import { sagaCards, sagaStages } from './tables.ts'

/** How every order's saga stands, with those of its returns, and how many stand where. */
export const sagaBoard = folded({
  name: 'saga-board',
  revision: 2,
  types: sagaBoardFacts,
  keyOf: ({ data }) => data.orderId.toLowerCase(),
  fold: sagaCard,
  rows: sagaCards,
  totals: sagaStages,
})
