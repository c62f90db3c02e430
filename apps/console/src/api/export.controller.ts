import { Controller, Get, Header, Inject, Param } from '@nestjs/common'
import { customerId } from '#libs/contracts'
import { InFlightLimit, parse } from '#libs/http'
import { Forwarder } from '../forwarder.ts'
import { exportOf } from '../personal-data/export.ts'

/** Each asks for hundreds of orders. */
const MOST_AT_ONCE = 2

@Controller('api/customers')
export class ExportController {
  readonly #limit = new InFlightLimit(MOST_AT_ONCE, 'the export of customers')

  constructor(@Inject(Forwarder) private readonly forwarder: Forwarder) {}

  /** All that is held of a customer. */
  @Get(':customerId/export')
  @Header('cache-control', 'no-store')
  all(@Param('customerId') given: string) {
    const id = parse(customerId, given)
    return this.#limit.run(() => exportOf(this.forwarder, id))
  }
}
