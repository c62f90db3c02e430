import { Body, Controller, Get, HttpCode, Inject, Post, Query, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { type AuditEntry, listEntries, verifyTrail } from '#libs/audit'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import { IdempotentCommands } from '#libs/idempotency'
import { answerOnce, IdempotencyKey } from './idempotent-request.ts'
import { onRecord } from './on-record.ts'

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const text = z.string().min(1).max(300)
const filter = z.strictObject({
  actor: text.optional(),
  target: text.optional(),
  from: instant.optional(),
  to: instant.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'a cursor from nextCursor')
    .optional(),
})

/** What the gateway did not let through to anybody, and puts on record here. */
const refusals = z.strictObject({
  deeds: z
    .array(z.strictObject({ actor: text, action: text, target: text, detail: z.string().min(1).max(2_000) }))
    .min(1)
    .max(200),
})

/** This service's part of the audit trail; the gateway gathers it from all services. */
@Controller('internal/audit')
export class AuditController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdempotentCommands) private readonly requests: IdempotentCommands,
  ) {}

  /** Youngest first. */
  @Get()
  async list(@Query() query: unknown) {
    const { limit, cursor, ...wanted } = parse(filter, query)
    const entries = await listEntries(this.database, wanted, cursor === undefined ? undefined : BigInt(cursor), limit)
    return {
      items: entries.map(present),
      ...(entries.length === limit ? { nextCursor: String(entries.at(-1)!.seq) } : {}),
    }
  }

  @Post('refusals')
  @HttpCode(204)
  async refusals(
    @IdempotencyKey() key: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const { deeds } = parse(refusals, body)
    await answerOnce(this.requests, reply, {
      ...{ scope: 'POST /internal/audit/refusals', key, body },
      work: {
        run: async (uow) => {
          for (const deed of deeds) onRecord(uow, { ...deed, outcome: 'refused' })
          return { status: 204, headers: {}, body: null }
        },
      },
    })
  }

  @Get('verify')
  verify() {
    return verifyTrail(this.database)
  }
}

const present = ({ seq, at, reason, detail, ...entry }: AuditEntry) => ({
  ...entry,
  seq: Number(seq),
  at: at.toISOString(),
  ...(reason === null ? {} : { reason }),
  ...(detail === null ? {} : { detail }),
})
