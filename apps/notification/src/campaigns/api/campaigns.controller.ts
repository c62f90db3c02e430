import { Body, Controller, Get, Inject, Param, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { Database } from '#libs/database'
import type { Refusal } from '#libs/decider'
import { Actor, Problem, parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { answerOnRecord, IdempotencyKey, type RecordedRequest } from '#libs/service'
import { CampaignCommands, type CampaignRefusal } from '../campaign-commands.ts'
import { type Campaign, listCampaigns, readCampaign } from '../sql/campaigns.ts'
import { countNotifications } from '../sql/recipients.ts'
import { campaignsQuery, commandRequest, newCampaign } from './campaign-request.ts'

const command = z.enum(['pause', 'resume', 'cancel'])

type Asked = Pick<
  RecordedRequest<Campaign, CampaignRefusal>,
  'route' | 'action' | 'id' | 'key' | 'actor' | 'reason' | 'body' | 'reply' | 'status' | 'run'
>

/** What many customers are told, at low priority. */
@Controller('campaigns')
export class CampaignsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
    @Inject(CampaignCommands) private readonly commands: CampaignCommands,
  ) {}

  /** Newest first. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit } = parse(campaignsQuery, query)
    return { items: (await listCampaigns(this.database, limit)).map(campaignAnswer) }
  }

  /** With what became of what was told so far. */
  @Get(':id')
  async one(@Param('id') given: string) {
    const id = known(given)
    const found = await readCampaign(this.database, id)
    if (found === undefined) throw unknown(id)
    const { waiting = 0, pending = 0, sent = 0, failed = 0, skipped = 0 } = await countNotifications(this.database, id)
    return { ...campaignAnswer(found), notifications: { waiting, pending, sent, failed, skipped } }
  }

  @Post()
  create(
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const wanted = parse(newCampaign, body)
    return this.#ask({
      ...{ route: 'POST /campaigns', action: 'create', status: 201 },
      ...{ key, actor, body, reply, reason: wanted.reason },
      run: (uow) => this.commands.create(uow, wanted, actor),
    })
  }

  @Post(':id/:command')
  command(
    @Param() { id: given, command: name }: { id: string; command: string },
    @IdempotencyKey() key: string,
    @Actor() actor: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = known(given)
    const asked = command.safeParse(name)
    if (!asked.success) throw new Problem(404, { detail: `a campaign can be asked to ${command.options.join(', ')}` })
    const { reason } = parse(commandRequest, body ?? undefined)
    return this.#ask({
      ...{ route: `POST /campaigns/${id}/${asked.data}`, action: asked.data, id, status: 200 },
      ...{ key, actor, body, reply, reason },
      run: (uow) => this.commands.command(uow, id, asked.data),
    })
  }

  #ask(asked: Asked) {
    return answerOnRecord<Campaign, CampaignRefusal>(this.requests, {
      ...{ ...asked, kind: 'campaign', idOf: ({ id }) => id },
      ...{ present: campaignAnswer, problems: problemOf },
    })
  }
}

const campaignAnswer = (campaign: Campaign) => {
  const { id, template, values, segment, state, at, total, told, createdBy, createdAt, startedAt, endedAt } = campaign
  return {
    campaignId: id,
    ...{ template, values, segment, state, at: at.toISOString(), total, told, createdBy },
    createdAt: createdAt.toISOString(),
    ...(startedAt && { startedAt: startedAt.toISOString() }),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
  }
}

const known = (id: string): string => {
  if (!z.uuid().safeParse(id).success) throw unknown(id)
  return id.toLowerCase()
}

const unknown = (id: string): Problem =>
  problemOf({ refused: 'unknown_campaign', detail: `no campaign ${id} is known` })

const STATUS: Readonly<Record<CampaignRefusal, number>> = {
  unknown_campaign: 404,
  nobody_to_tell: 422,
  not_possible_now: 409,
}

const problemOf = ({ refused, detail }: Refusal<CampaignRefusal>): Problem =>
  new Problem(STATUS[refused], { type: refused.replaceAll('_', '-'), ...(detail === undefined ? {} : { detail }) })
