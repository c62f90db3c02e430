import { Controller, Get, Inject } from '@nestjs/common'
import { Database } from '#libs/database'
import { sharedAnswer } from '#libs/http'
import { StockProver, type StockVerdict } from '../stock-prover.ts'

/** Whether every level of stock is what its events add up to; for the gateway's oracle. */
@Controller('internal/oracle')
export class StockProofController {
  readonly #look: () => Promise<StockVerdict>

  constructor(@Inject(Database) database: Database) {
    const prover = new StockProver(database)
    this.#look = sharedAnswer(() => prover.look())
  }

  @Get('stock')
  stock() {
    return this.#look()
  }
}
