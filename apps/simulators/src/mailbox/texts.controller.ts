import { Body, Controller, Get, Inject, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { parse } from '#libs/http'
import { fateOf } from '../fate.ts'
import { Fickle } from '../fickle.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { refusal } from '../refusal.ts'
import { textSettings, withChanges } from '../settings.ts'
import { type Channel, Texts } from './texts.ts'
import { Throttle } from './throttle.ts'

const to = z.string().trim().min(1).max(254)
const text = z.string().min(1).max(4_096)
const messages = {
  sms: z.strictObject({ to, text }),
  /** The title stands above the text. */
  push: z.strictObject({ to, title: z.string().min(1).max(200).optional(), text }),
}
type PushMessage = z.infer<typeof messages.push>
const textsQuery = pageQuery
  .pick({ limit: true })
  .extend({ to: to.optional(), cursor: z.coerce.number().int().min(0).optional() })

/** A gateway for short texts: late, faulty, throttled, and with recipients that it does not know. */
const textsController = (channel: Channel) => {
  @Controller(channel)
  class TextsController {
    readonly #throttle = new Throttle()

    constructor(
      @Inject(Texts) private readonly texts: Texts,
      @Inject(Fickle) private readonly fickle: Fickle,
    ) {}

    @Post()
    send(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
      const { to, text, title }: PushMessage = parse<PushMessage>(messages[channel], body)
      const message = { channel, to, text: title === undefined ? text : `${title}: ${text}` }
      const { latencyMs, throttlePerSecond, retryAfterSeconds, ...rates } = this.texts.settings[channel].current
      if (!this.#throttle.lets(throttlePerSecond, Date.now()))
        throw refusal(429, 'too_many_messages', `${throttlePerSecond} a second are taken`, {
          'retry-after': String(retryAfterSeconds),
        })
      const fate = fateOf(Math.random(), rates)
      return this.fickle.respond(reply, { fate, latencyMs }, () => this.texts.receive(key, message))
    }

    /** Newest first. */
    @Get()
    taken(@Query() query: unknown) {
      const { items, next } = this.texts.find(channel, parse(textsQuery, query))
      return { items, ...(next !== undefined && { nextCursor: String(next) }) }
    }

    @Get('settings')
    settings() {
      return this.texts.settings[channel].current
    }

    @Put('settings')
    changeSettings(@Body() body: unknown) {
      const settings = this.texts.settings[channel]
      return settings.change(withChanges(textSettings, settings.current, body))
    }
  }
  return TextsController
}

export const SmsController = textsController('sms')
export const PushController = textsController('push')
