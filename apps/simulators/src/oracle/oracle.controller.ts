import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common'
import { z } from 'zod'
import { parse } from '#libs/http'
import { Store } from '../store/store.ts'
import { Effects } from './effects.ts'

const question = z.strictObject({ orderIds: z.array(z.string().min(1).max(64)).max(1_000) })

/** What the world outside knows, for who checks that the system's word and its deeds are the same. */
@Controller('internal/oracle')
export class OracleController {
  readonly #effects: Effects

  constructor(@Inject(Store) store: Store) {
    this.#effects = new Effects(store)
  }

  /** Asks and changes nothing; a POST, for a URL has no room for a thousand orders. */
  @Post('effects')
  @HttpCode(200)
  effects(@Body() body: unknown) {
    return { items: this.#effects.of(parse(question, body).orderIds) }
  }
}
