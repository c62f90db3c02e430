import { Body, Controller, Get, Inject, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { parse } from '#libs/http'
import { type Fate, fateOf } from '../fate.ts'
import { Fickle } from '../fickle.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { paymentSettings, withChanges } from '../settings.ts'
import type { Operation } from './account.ts'
import { FLAKED, PaymentLedger } from './ledger.ts'

const id = z.string().min(1).max(64)
const amount = z.int().positive()
const currency = z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as EUR')

const authorization = z.strictObject({ orderId: id, amount, currency, token: z.string().min(1).max(100) })
const capture = z.strictObject({ orderId: id, authorizationId: id, amount, currency })
const voiding = z.strictObject({ orderId: id })
const refund = z.strictObject({ orderId: id, captureId: id, amount, currency })
const operationsQuery = pageQuery.extend({ orderId: id.optional() })

/** The payment provider. Every POST needs an Idempotency-Key; amounts are integer minor units. */
@Controller('payment')
export class PaymentController {
  constructor(
    @Inject(PaymentLedger) private readonly ledger: PaymentLedger,
    @Inject(Fickle) private readonly fickle: Fickle,
  ) {}

  @Post('authorizations')
  authorize(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    const request = parse(authorization, body)
    const operation = { operation: 'authorize', ...request } as const
    if (request.token === 'tok_timeout') return this.#perform(reply, key, operation, LOST)
    if (request.token === 'tok_flaky' && this.ledger.flakesNow(key, request.orderId))
      return this.#perform(reply, key, operation, FLAKY)
    return this.#perform(reply, key, operation)
  }

  @Post('captures')
  capture(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#perform(reply, key, { operation: 'capture', ...parse(capture, body) })
  }

  /** Cancels by the merchant's reference, known to the provider or not: later authorizations of it are refused. */
  @Post('voids')
  void(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#perform(reply, key, { operation: 'void', ...parse(voiding, body) })
  }

  @Post('refunds')
  refund(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#perform(reply, key, { operation: 'refund', ...parse(refund, body) })
  }

  /** With `orderId` everything about that order, else a page of the whole ledger; oldest first. */
  @Get('operations')
  operations(@Query() query: unknown) {
    const { orderId, cursor, limit } = parse(operationsQuery, query)
    if (orderId !== undefined) return { items: this.ledger.operationsOf(orderId) }
    const { items, next } = this.ledger.page(cursor, limit)
    return { items, ...(next !== undefined && { nextCursor: String(next) }) }
  }

  @Get('totals')
  totals() {
    return this.ledger.totals.read()
  }

  @Get('settings')
  settings() {
    return this.ledger.settings.current
  }

  @Put('settings')
  changeSettings(@Body() body: unknown) {
    const { settings } = this.ledger
    return settings.change(withChanges(paymentSettings, settings.current, body))
  }

  #perform(reply: FastifyReply, key: string, operation: Operation, token?: { fate: Fate; code: string }) {
    const { latencyMs, ...rates } = this.ledger.settings.current
    const fate = token?.fate ?? fateOf(Math.random(), rates)
    return this.fickle.respond(
      reply,
      { fate, latencyMs },
      () => this.ledger.perform(key, operation),
      (outcome) => this.ledger.fail(key, operation, token?.code ?? outcome),
    )
  }
}

const LOST = { fate: { effect: false, outcome: 'silence' }, code: 'timeout_token' } as const
const FLAKY = { fate: { effect: false, outcome: 'fault' }, code: FLAKED } as const
