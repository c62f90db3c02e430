import { Controller, Get, Query } from '@nestjs/common'
import { z } from 'zod'
import { Database } from '#libs/database'
import { parse } from '#libs/http'
import { listSagas, type SagaCursor, sagaStatuses } from '#libs/saga'
import { sagaSummary } from './saga-answer.ts'

/** After 1970, before 10000: what a database knows as well. */
const instant = z.iso.datetime().refine((text) => Date.parse(text) >= 0)
const sagaIds = /^[\x21-\x7e]{1,200}$/

/** Opaque to callers; anything that was not handed out here is a bad request. */
const cursor = z.string().transform((text, context): SagaCursor => {
  const [startedAt, sagaId] = Buffer.from(text, 'base64url').toString('utf8').split(' ')
  if (instant.safeParse(startedAt).success && sagaIds.test(sagaId ?? ''))
    return { startedAt: new Date(startedAt!), sagaId: sagaId! }
  context.addIssue('not a cursor of this list: pass on `nextCursor` as it came')
  return z.NEVER
})

const encodeCursor = ({ startedAt, sagaId }: SagaCursor): string =>
  Buffer.from(`${startedAt.toISOString()} ${sagaId}`).toString('base64url')

const filter = z.strictObject({
  state: z.enum(sagaStatuses).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: cursor.optional(),
})

@Controller('sagas')
export class SagasController {
  constructor(private readonly database: Database) {}

  /** Sagas, youngest first; `nextCursor` is null on the last page. */
  @Get()
  async list(@Query() query: unknown) {
    const { state, limit, cursor } = parse(filter, query)
    const sagas = await listSagas(this.database, { status: state, after: cursor, limit: limit + 1 })
    const page = sagas.slice(0, limit)
    return {
      items: page.map(sagaSummary),
      nextCursor: sagas.length > limit ? encodeCursor(page.at(-1)!) : null,
    }
  }
}
