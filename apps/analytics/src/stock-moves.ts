import type { Part, Sql } from '#libs/database'
import { moveStock, type StockMove } from './sql/move-stock.ts'

/** What a transaction's facts about stock add up to: one statement for all of them. */
export class StockMoves implements Part {
  readonly #moves: StockMove[] = []

  add(sku: string, more: number): void {
    this.#moves.push({ sku, more })
  }

  flush(sql: Sql): Promise<void> {
    return moveStock(sql, this.#moves)
  }
}
