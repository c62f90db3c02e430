import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parse, sharedAnswer } from '#libs/http'
import { Forwarder, LOOK } from '../forwarder.ts'
import { KafkaView } from '../kafka-view.ts'
import { parkedPage, parkedQuery } from '../parked.ts'
import { knownSchemas } from '../schemas.ts'
import { sendShared } from '../send-shared.ts'
import { servicesHealth } from '../services-health.ts'

/** What is known of the system as a whole: gathered from all services and from Kafka. */
@Controller('api')
export class SystemController {
  readonly #health: () => Promise<object>

  constructor(
    @Inject(Forwarder) private readonly forwarder: Forwarder,
    @Inject(KafkaView) private readonly kafka: KafkaView,
  ) {
    this.#health = sharedAnswer(() => this.#askAll())
  }

  /** Topics that are there, and those of ours that are missing. */
  @Get('topics')
  async topics(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    sendShared(request, reply, await this.kafka.topics())
  }

  @Get('groups')
  async groups(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    sendShared(request, reply, await this.kafka.groups())
  }

  /** The types of messages and events that the running code knows, with their versions. */
  @Get('schemas')
  schemas() {
    return knownSchemas(this.forwarder, LOOK)
  }

  /** The health of every service; `ok` only when all of them are ready. */
  @Get('health')
  async health(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    sendShared(request, reply, await this.#health())
  }

  /** Messages that some service could not handle, and those that wait behind them; and whom one could not ask. */
  @Get('parked')
  parked(@Query() query: unknown) {
    return parkedPage(this.forwarder, LOOK, parse(parkedQuery, query))
  }

  async #askAll() {
    const services = await servicesHealth(this.forwarder, LOOK)
    return { status: Object.values(services).every(({ status }) => status === 'ok') ? 'ok' : 'degraded', services }
  }
}
