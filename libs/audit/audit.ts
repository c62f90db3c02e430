import { type Part, type Sql, storableText, type UnitOfWork } from '#libs/database'
import { chain, type Deed } from './entry.ts'
import { appendEntries } from './sql/append-entries.ts'
import { lockHead } from './sql/lock-head.ts'

const MAX_TEXT = 2_000

/**
 * What this unit of work puts on record: on record if, and only if, it is done. Entries are chained one after the other,
 * so transactions take turns at the end of the trail; it is written last, to keep the turns short.
 */
export class Audit implements Part {
  readonly flushedLast = true
  readonly #deeds: Deed[] = []

  constructor(private readonly uow: UnitOfWork) {}

  record({ reason, detail, ...deed }: Deed): void {
    this.#deeds.push({
      ...deed,
      ...(reason === undefined ? {} : { reason: storableText(reason, MAX_TEXT) }),
      ...(detail === undefined ? {} : { detail: storableText(detail, MAX_TEXT) }),
    })
  }

  async flush(sql: Sql): Promise<void> {
    if (this.#deeds.length === 0) return
    const head = await lockHead(sql)
    await appendEntries(sql, chain(head, this.#deeds.splice(0), this.uow.now))
  }
}
