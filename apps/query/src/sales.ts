import type { Part, Sql } from '#libs/database'
import type { Sale } from './domain/sales.ts'
import { addSales } from './sql/add-sales.ts'

/** The sales of one unit of work, added up in one statement. */
export class Sales implements Part {
  readonly #sales: Sale[] = []

  add(sale: Sale): void {
    this.#sales.push(sale)
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#sales.length > 0) await addSales(sql, this.#sales)
  }
}
