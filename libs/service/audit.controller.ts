import { Controller, Get, Inject, Query } from '@nestjs/common'
import { z } from 'zod'
import { type AuditEntry, listEntries, verifyTrail } from '#libs/audit'
import { Database } from '#libs/database'
import { parse } from '#libs/http'

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

/** This service's part of the audit trail; the gateway gathers it from all services. */
@Controller('internal/audit')
export class AuditController {
  constructor(@Inject(Database) private readonly database: Database) {}

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
