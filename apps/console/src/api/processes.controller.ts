import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Actor, Problem, parse } from '#libs/http'
import { fingerprint, InvalidIdempotencyKey, parseIdempotencyKey } from '#libs/idempotency'
import { Forwarder, LOOK } from '../forwarder.ts'
import { byHand, COMMANDS, COMPOSE_SERVICES, type Command } from '../processes/by-hand.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { SUPERVISOR } from '../processes/token.ts'
import { servicesHealth } from '../services-health.ts'

const request = z.strictObject({ reason: z.string().trim().min(1).max(1_000).optional() }).default({})
const command = z.enum(COMMANDS)

/** The processes of the system: how they are, and killing and freezing them on purpose. */
@Controller('api/processes')
export class ProcessesController {
  constructor(
    @Inject(Forwarder) private readonly forwarder: Forwarder,
    @Inject(SUPERVISOR) private readonly supervisor: Supervisor | null,
  ) {}

  @Get()
  async list() {
    if (this.supervisor !== null) return { supervised: true, items: await this.supervisor.processes() }
    const health = await servicesHealth(this.forwarder, LOOK)
    return { supervised: false, items: COMPOSE_SERVICES.map((name) => unsupervised(name, stateBy(health[name]))) }
  }

  @Post(':process/:command')
  @HttpCode(202)
  async work(
    @Param() { process: name, command: given }: { process: string; command: string },
    @Headers('idempotency-key') keyHeader: string | undefined,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const asked = command.safeParse(given)
    if (!asked.success)
      throw new Problem(404, { detail: `what can be done with a process is ${COMMANDS.join(', ')}, not ${given}` })
    const key = keyOf(keyHeader)
    const { reason } = parse(request, body ?? undefined)
    if (this.supervisor === null) throw nobodyToTell(name, asked.data)
    const answer = await this.supervisor.command({
      ...{ name, command: asked.data, key, fingerprint: fingerprint(body), actor },
      ...(reason !== undefined && { reason }),
    })
    const { replayed, ...accepted } = answer
    if (replayed === true) reply.header('idempotent-replayed', 'true')
    return accepted
  }
}

const keyOf = (header: string | undefined): string => {
  let detail = 'this request needs an Idempotency-Key header'
  try {
    const key = parseIdempotencyKey(header)
    if (key !== undefined) return key
  } catch (error) {
    if (!(error instanceof InvalidIdempotencyKey)) throw error
    detail = error.message
  }
  throw new Problem(400, { type: 'idempotency-key', title: 'Idempotency-Key missing or malformed', detail })
}

const nobodyToTell = (name: string, command: Command): Problem => {
  const known = COMPOSE_SERVICES.find((each) => each === name)
  if (known === undefined)
    return new Problem(404, {
      type: 'unknown-process',
      detail: `no process ${name}; there are ${COMPOSE_SERVICES.join(', ')}`,
    })
  return new Problem(501, {
    type: 'no-supervisor',
    title: 'Nobody here can do that',
    detail: `the console does not run these processes; type ${byHand(known)[command]}`,
    extensions: { byHand: byHand(known)[command] },
  })
}

const stateBy = (health: { status: string } | undefined) =>
  health === undefined ? 'unknown' : health.status === 'unreachable' ? 'down' : 'up'

const unsupervised = (name: string, state: 'up' | 'down' | 'unknown') => ({
  ...{ name, state: name === 'console' ? 'up' : state, byHand: byHand(name) },
  ...{ pid: null, startedAt: null, restarts: 0, memoryBytes: null, pausedUntil: null, lastEnd: null },
  ...{ lines: [], commands: [] },
})
