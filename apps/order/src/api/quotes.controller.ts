import { randomUUID } from 'node:crypto'
import { Body, Controller, Get, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Database } from '#libs/database'
import { Problem, parse, Trace } from '#libs/http'
import { IdempotentCommands, isAnswered } from '#libs/idempotency'
import { PersonalData, sealObject } from '#libs/personal-data'
import { answerOnce, IdempotencyKey } from '#libs/service'
import type { Catalogue } from '../domain/pricing.ts'
import { Quoting } from '../quoting.ts'
import { findQuote } from '../sql/find-quote.ts'
import { keepQuote, quoteRequest } from './make-quote.ts'
import { pricedItems } from './order-lines.ts'
import { sealingFor } from './sealing-for.ts'
import { CATALOGUE, QUOTE_VALID_MS } from './tokens.ts'

const id = z.uuid().toLowerCase()

@Controller('quotes')
export class QuotesController {
  constructor(
    @Inject(CATALOGUE) private readonly catalogue: Catalogue,
    @Inject(QUOTE_VALID_MS) private readonly validMs: number,
    private readonly quoting: Quoting,
    private readonly personal: PersonalData,
    private readonly database: Database,
    private readonly commands: IdempotentCommands,
  ) {}

  @Post()
  async quote(
    @IdempotencyKey() key: string,
    @Body() body: unknown,
    @Trace() traceparent: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = parse(quoteRequest, body)
    const priced = pricedItems(request.items, this.catalogue)
    const scope = `POST /quotes ${request.customerId}`
    const customerKey = await sealingFor(this.personal, request.customerId)
    const shippingAddress = sealObject(customerKey, request.shippingAddress, 'country')
    const asked = { ...request, shippingAddress, quoteId: randomUUID() }
    // Nobody is asked again for what was answered, and no transaction waits while others are asked.
    const replies = (await isAnswered(this.database, { scope, key }, new Date()))
      ? undefined
      : await this.quoting.ask({
          ...{ quoteId: asked.quoteId, traceparent, address: shippingAddress },
          ...{ lines: request.items, currency: this.catalogue.currency },
        })
    const work = keepQuote(asked, priced, replies, this.validMs)
    return answerOnce(this.commands, reply, { scope, key, body, work })
  }

  @Get(':quoteId')
  async one(@Param('quoteId') given: string) {
    const { success, data } = id.safeParse(given)
    const quote = success ? await findQuote(this.database, data) : undefined
    if (quote === undefined)
      throw new Problem(404, { type: 'unknown-quote', detail: `no quote ${given}, or it is over for long` })
    return quote
  }
}
