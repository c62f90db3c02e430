import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Refusal } from '#libs/decider'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { commandVersion, type Projection, Rebuilder, type VersionCommand, type VersionRefusal } from '#libs/projections'
import { answerOnce, IdempotencyKey, onRecord } from '#libs/service'
import { ProjectionProgressReader } from '../projection-progress.ts'
import { projections } from '../projections.ts'

const reason = z.string().trim().min(1).max(1_000).optional()
const request = z.strictObject({ reason }).default({})
const rebuildRequest = z
  .strictObject({ switch: z.enum(['automatic', 'manual']).default('automatic'), reason })
  .default({
    switch: 'automatic',
  })
const command = z.enum(['switch', 'rollback', 'cancel'])

interface Asked {
  readonly command: VersionCommand
  readonly name: string
  readonly key: string
  readonly actor: string
  readonly body: unknown
  readonly reply: FastifyReply
  readonly reason?: string | undefined
  readonly automatic?: boolean
}

@Controller('projections')
export class ProjectionsController {
  constructor(
    @Inject(ProjectionProgressReader) private readonly progress: ProjectionProgressReader,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
    @Inject(Rebuilder) private readonly rebuilder: Rebuilder,
  ) {}

  @Get()
  async list() {
    return { items: await this.progress.read() }
  }

  @Get(':name')
  async one(@Param('name') name: string) {
    known(name)
    return (await this.progress.read()).find((one) => one.name === name)
  }

  /** Fills a new version beside the one that serves. */
  @Post(':name/rebuild')
  @HttpCode(202)
  rebuild(
    @Param('name') name: string,
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { switch: how, reason } = parse(rebuildRequest, body ?? undefined)
    return this.#ask({ command: 'rebuild', name, key, actor, body, reply, reason, automatic: how === 'automatic' })
  }

  @Post(':name/:command')
  @HttpCode(202)
  work(
    @Param() { name, command: given }: { name: string; command: string },
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const asked = command.safeParse(given)
    if (!asked.success)
      throw new Problem(404, { detail: `what can be done with a projection is rebuild, ${command.options.join(', ')}` })
    const { reason } = parse(request, body ?? undefined)
    return this.#ask({ command: asked.data, name, key, actor, body, reply, reason })
  }

  #ask({ command, name, key, actor, body, reply, reason, automatic = true }: Asked) {
    const projection = known(name)
    return answerOnce(this.requests, reply, {
      ...{ scope: `POST /projections/${name}/${command} ${actor}`, key, body, problems: problemOf },
      work: {
        run: async (uow) => {
          const version = await commandVersion(uow, projection, { command, actor, reason, automatic })
          const refusal = typeof version === 'number' ? undefined : version
          const target = `projection/${name}`
          onRecord(uow, { actor, action: `projection.${command}`, target, ...(reason && { reason }) }, refusal)
          if (refusal !== undefined) return refusal
          uow.afterCommit(() => this.rebuilder.wake())
          const headers = { location: `/api/projections/${name}` }
          return { status: 202, headers, body: { projection: name, version: version as number, accepted: command } }
        },
      },
    })
  }
}

const known = (name: string): Projection => {
  const projection = projections.find((one) => one.name === name)
  if (projection !== undefined) return projection
  const names = projections.map((one) => one.name).join(', ')
  throw new Problem(404, { type: 'unknown-projection', detail: `no projection ${name}; there are ${names}` })
}

const problemOf = ({ refused, detail }: Refusal<VersionRefusal>): Problem =>
  new Problem(409, {
    type: refused.replaceAll('_', '-'),
    ...(detail === undefined ? {} : { detail }),
    extensions: { reason: refused },
  })
