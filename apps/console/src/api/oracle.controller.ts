import { Controller, Get, Inject } from '@nestjs/common'
import { sharedAnswer } from '#libs/http'
import { TopicReader } from '#libs/messaging'
import { Forwarder } from '../forwarder.ts'
import { Oracle, type OracleAnswer } from '../oracle/oracle.ts'

/** However many watch. */
const LOOKS_APART_MS = 5_000

/** Whether the system keeps its promises, as far as that can be seen at this moment. */
@Controller('api/oracle')
export class OracleController {
  readonly #look: () => Promise<OracleAnswer>

  constructor(@Inject(Forwarder) forwarder: Forwarder, @Inject(TopicReader) reader: TopicReader) {
    const oracle = new Oracle(forwarder, reader)
    this.#look = sharedAnswer(() => oracle.look(), LOOKS_APART_MS)
  }

  @Get()
  look() {
    return this.#look()
  }
}
