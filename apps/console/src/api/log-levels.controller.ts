import { Body, Controller, Get, Headers, Inject, Param, Put, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { Actor, LogLevelController, Problem } from '#libs/http'
import { Forwarder, LOOK, WRITE } from '../forwarder.ts'
import { consuming, type ServiceName } from '../services.ts'

const SERVICES = [...consuming, 'simulators'] as const satisfies readonly ServiceName[]
const OURS = 'console'
const PATH = '/internal/log-level'

/** What each process logs, and changing that while it runs; it goes back by itself. The broker is told by SIGUSR2. */
@Controller('api/log-levels')
export class LogLevelsController {
  readonly #ours = new LogLevelController()

  constructor(@Inject(Forwarder) private readonly forwarder: Forwarder) {}

  @Get()
  async list() {
    const answers = await Promise.allSettled(SERVICES.map((service) => this.forwarder.get<object>(service, PATH, LOOK)))
    return {
      items: [
        { service: OURS, ...this.#ours.level() },
        ...answers.flatMap((answer, i) =>
          answer.status === 'fulfilled' ? [{ service: SERVICES[i], ...answer.value }] : [],
        ),
      ],
      unreachable: SERVICES.filter((_, i) => answers[i]!.status === 'rejected'),
    }
  }

  @Put(':service')
  async change(
    @Param('service') name: string,
    @Body() body: unknown,
    @Headers('x-actor') actorHeader: string | undefined,
    @Actor() actor: string,
    @Res() reply: FastifyReply,
  ) {
    if (name === OURS) return reply.send(this.#ours.change(body, actor))
    const service = SERVICES.find((each) => each === name)
    if (service === undefined)
      throw new Problem(404, { type: 'unknown-service', detail: `there are ${[OURS, ...SERVICES].join(', ')}` })
    const headers = { 'content-type': 'application/json', ...(actorHeader !== undefined && { 'x-actor': actorHeader }) }
    const request = { method: 'PUT', path: PATH, headers, body: Buffer.from(JSON.stringify(body ?? {})) }
    const answer = await this.forwarder.forward(service, request, WRITE)
    return reply.status(answer.status).headers(answer.headers).send(answer.body)
  }
}
