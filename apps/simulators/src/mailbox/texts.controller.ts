import { Body, Controller, Get, Inject, Post, Put, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { parse } from '#libs/http'
import { fateOf } from '../fate.ts'
import { Fickle } from '../fickle.ts'
import { IdempotencyKey } from '../idempotency-key.ts'
import { pageQuery } from '../page.ts'
import { refusal } from '../refusal.ts'
import { textSettings } from '../settings.ts'
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

/** What both have in common: late, faulty, throttled, and each with recipients that it does not know. */
abstract class TextsController {
  readonly #throttle = new Throttle()

  constructor(
    private readonly channel: Channel,
    private readonly texts: Texts,
    private readonly fickle: Fickle,
  ) {}

  protected receive(key: string, body: unknown, reply: FastifyReply) {
    const { to, text, title }: PushMessage = parse<PushMessage>(messages[this.channel], body)
    const message = { channel: this.channel, to, text: title === undefined ? text : `${title}: ${text}` }
    const { latencyMs, throttlePerSecond, retryAfterSeconds, ...rates } = this.texts.settings[this.channel].current
    if (!this.#throttle.lets(throttlePerSecond, Date.now()))
      throw refusal(429, 'too_many_messages', `${throttlePerSecond} a second are taken`, {
        'retry-after': String(retryAfterSeconds),
      })
    const fate = fateOf(Math.random(), rates)
    return this.fickle.respond(reply, { fate, latencyMs }, () => this.texts.receive(key, message))
  }

  protected ledger(query: unknown) {
    const { items, next } = this.texts.find(this.channel, parse(textsQuery, query))
    return { items, ...(next !== undefined && { nextCursor: String(next) }) }
  }

  protected settings() {
    return this.texts.settings[this.channel].current
  }

  protected change(body: unknown) {
    const settings = this.texts.settings[this.channel]
    const changes = parse(textSettings.partial(), body)
    return settings.change(parse(textSettings, { ...settings.current, ...changes }))
  }
}

/** The SMS gateway. */
@Controller('sms')
export class SmsController extends TextsController {
  constructor(@Inject(Texts) texts: Texts, @Inject(Fickle) fickle: Fickle) {
    super('sms', texts, fickle)
  }

  @Post()
  send(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.receive(key, body, reply)
  }

  /** Newest first. */
  @Get()
  taken(@Query() query: unknown) {
    return this.ledger(query)
  }

  @Get('settings')
  getSettings() {
    return this.settings()
  }

  @Put('settings')
  putSettings(@Body() body: unknown) {
    return this.change(body)
  }
}

/** The push service. */
@Controller('push')
export class PushController extends TextsController {
  constructor(@Inject(Texts) texts: Texts, @Inject(Fickle) fickle: Fickle) {
    super('push', texts, fickle)
  }

  @Post()
  send(@IdempotencyKey() key: string, @Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.receive(key, body, reply)
  }

  /** Newest first. */
  @Get()
  taken(@Query() query: unknown) {
    return this.ledger(query)
  }

  @Get('settings')
  getSettings() {
    return this.settings()
  }

  @Put('settings')
  putSettings(@Body() body: unknown) {
    return this.change(body)
  }
}
