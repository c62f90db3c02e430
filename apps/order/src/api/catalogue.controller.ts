import { Controller, Get, Inject } from '@nestjs/common'
import type { Catalogue, Product } from '../domain/pricing.ts'
import { CATALOGUE } from './tokens.ts'

@Controller('catalogue')
export class CatalogueController {
  readonly #items: readonly Product[]

  constructor(@Inject(CATALOGUE) catalogue: Catalogue) {
    this.#items = [...catalogue.products.values()]
  }

  @Get()
  list() {
    return { items: this.#items }
  }
}
