import type { RowsTable, TotalsTable } from '#libs/projections'
import { type SagaCard, stageOf } from './fold.ts'

export const sagaCards: RowsTable<SagaCard> = {
  name: 'saga_cards',
  key: 'order_id',
  columns: {
    // A card that order.placed is missing of is on no stage yet.
    stage: { type: 'text', of: (card) => (card.placedAt === undefined ? null : stageOf(card)) },
    placed_at: { type: 'timestamptz', of: ({ placedAt }) => placedAt ?? null },
  },
  indexes: ['(stage, placed_at, order_id)'],
}

export const sagaStages: TotalsTable<SagaCard> = {
  name: 'saga_stages',
  key: { stage: 'text' },
  sums: { orders: 'int' },
  of: (card) => (card.placedAt === undefined ? [] : [{ key: [stageOf(card)], sums: [1] }]),
}
