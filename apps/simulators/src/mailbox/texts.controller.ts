import { Body, Controller, Get, Inject, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { parse } from '#libs/http'
import { send } from '../answers.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { type Channel, Texts } from './texts.ts'

const to = z.string().trim().min(1).max(254)
const message = z.strictObject({ to, text: z.string().min(1).max(4_096) })
const textsQuery = pageQuery.pick({ limit: true }).extend({ to })

/** The SMS gateway and the push service: they accept everything. */
@Controller()
export class TextsController {
  constructor(@Inject(Texts) private readonly texts: Texts) {}

  @Post('sms')
  sms(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#receive('sms', key, body, reply)
  }

  @Post('push')
  push(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.#receive('push', key, body, reply)
  }

  @Get('sms')
  smsOf(@Query() query: unknown) {
    return this.#find('sms', query)
  }

  @Get('push')
  pushOf(@Query() query: unknown) {
    return this.#find('push', query)
  }

  async #receive(channel: Channel, key: string, body: unknown, reply: FastifyReply) {
    return send(reply, await this.texts.receive(key, { channel, ...parse(message, body) }))
  }

  #find(channel: Channel, query: unknown) {
    const { to, limit } = parse(textsQuery, query)
    return { items: this.texts.find(channel, to, limit) }
  }
}
