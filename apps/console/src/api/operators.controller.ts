import { Body, Controller, Get, Headers, Inject, Param, Post, Query, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem, SharedAnswers } from '#libs/http'
import { auditPage, verifyTrails } from '../audit.ts'
import { type ForwardedAnswer, Forwarder, LOOK, READ, WRITE } from '../forwarder.ts'
import { findOperation, startRedrive } from '../operations.ts'
import { parkedCounts, parkedEffectsPage } from '../parked.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { SUPERVISOR } from '../processes/token.ts'
import { sendShared } from '../send-shared.ts'
import { consuming, type ServiceName } from '../services.ts'

type HeaderValues = Readonly<Record<string, string | undefined>>

const action = z.enum(['retry', 'discard', 'amend'])
const serviceName = z.enum(consuming)

/** What a person can do where something did not work, over all services. */
@Controller('api')
export class OperatorsController {
  /** Every service is asked for them, by every page that is open. */
  readonly #counts = new SharedAnswers<object>()

  constructor(
    @Inject(Forwarder) readonly forwarder: Forwarder,
    @Inject(SUPERVISOR) readonly supervisor: Supervisor | null,
  ) {}

  @Get('parked/counts')
  async counts(@Query() query: Record<string, string>, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const counts = await this.#counts.get(request.url, () => parkedCounts(this.forwarder, LOOK, query))
    sendShared(request, reply, counts)
  }

  /** Calls whose outcome could not be recorded. */
  @Get('parked-effects')
  effects() {
    return parkedEffectsPage(this.forwarder, LOOK)
  }

  @Get('parked/:service/:id')
  async one(@Param('service') service: string, @Param('id') id: string, @Res() reply: FastifyReply) {
    const path = `/internal/parked/${encodeURIComponent(id)}`
    send(reply, await this.forwarder.forward(known(service), { method: 'GET', path, headers: {} }, READ))
  }

  @Post('parked/redrive')
  async redrive(
    @Body() body: unknown,
    @Headers() headers: HeaderValues,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const started = await startRedrive(this.forwarder, body, passedOn(headers))
    this.#counts.clear()
    reply.status(202).header('location', `/api/operations/${started.operationId}`)
    return started
  }

  @Post('parked/:service/:id/:action')
  async work(
    @Param() { service, id, action: given }: { service: string; id: string; action: string },
    @Body() body: unknown,
    @Headers() headers: HeaderValues,
    @Res() reply: FastifyReply,
  ) {
    if (!action.safeParse(given).success)
      throw new Problem(404, {
        detail: `what can be done with a parked message is ${action.options.join(', ')}, not ${given}`,
      })
    const path = `/internal/parked/${encodeURIComponent(id)}/${given}`
    const request = { method: 'POST', path, headers: passedOn(headers), body: Buffer.from(JSON.stringify(body ?? {})) }
    const answer = await this.forwarder.forward(known(service), request, WRITE)
    this.#counts.clear()
    send(reply, answer)
  }

  @Post('groups/:group/offsets')
  async resetOffsets(
    @Param('group') group: string,
    @Body() body: unknown,
    @Headers() headers: HeaderValues,
    @Res() reply: FastifyReply,
  ) {
    const path = `/internal/groups/${encodeURIComponent(group)}/offsets`
    const request = { method: 'POST', path, headers: passedOn(headers), body: Buffer.from(JSON.stringify(body ?? {})) }
    send(reply, await this.forwarder.forward(keeperOf(group), request, WRITE))
  }

  @Get('operations/:id')
  operation(@Param('id') id: string) {
    return findOperation(this.forwarder, LOOK, id)
  }

  /** Who did what, youngest first. */
  @Get('audit')
  audit(@Query() query: Record<string, string>) {
    return auditPage(this, LOOK, query)
  }

  /** Whether every service's part of the trail is what was written. */
  @Get('audit/verify')
  verify() {
    return verifyTrails(this, READ)
  }
}

const known = (service: string): ServiceName => {
  const found = serviceName.safeParse(service)
  if (found.success) return found.data
  throw new Problem(404, { type: 'unknown-service', detail: `no service ${service} parks messages` })
}

/** Who carries it out and puts it on record: its members are away, so the group's own service can be none of those. */
const keeperOf = (group: string): ServiceName => (group.startsWith('order') ? 'query' : 'order')

const passedOn = (headers: HeaderValues): Record<string, string> => {
  const passed: Record<string, string> = { 'content-type': 'application/json' }
  for (const name of ['idempotency-key', 'traceparent', 'x-actor'])
    if (headers[name] !== undefined) passed[name] = String(headers[name])
  return passed
}

const send = (reply: FastifyReply, { status, headers, body }: ForwardedAnswer): FastifyReply =>
  reply.status(status).headers(headers).send(body)
