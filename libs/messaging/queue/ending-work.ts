import { type AnyMessage, Consequences, causeOf } from '#libs/contracts'
import type { UnitOfWork, Work } from '#libs/database'
import { refusalVerdict } from '../parking/verdict.ts'
import type { EndingOf } from './ending.ts'
import type { WorkItem } from './items/work-item.ts'
import type { Ending, QueueHandler } from './work.ts'

/** What became of it: `duplicate` when another transaction had ended it before. */
export type EndResult = 'done' | 'delayed' | 'dead' | 'duplicate'

/** Ends one message, together with what its handler wants written. */
export class EndingWork implements Work<EndResult> {
  constructor(
    private readonly item: WorkItem,
    private readonly ending: EndingOf,
    private readonly handler: QueueHandler,
    /** Who says what follows, e.g. `/waybill/notification`. */
    private readonly source: string,
  ) {}

  announce(uow: UnitOfWork): void {
    this.item.announce(uow)
  }

  async run(uow: UnitOfWork): Promise<EndResult> {
    const { item, ending } = this
    if (!(await item.claim(uow))) return 'duplicate'
    if (ending.kind === 'delayed') {
      await item.delay(uow, ending.delay)
      return 'delayed'
    }
    if (ending.kind === 'dead') return this.#bury(uow, ending.verdict)
    const refusal = ending.record && (await ending.record(this.#context(uow)))
    if (refusal) return this.#bury(uow, refusalVerdict(refusal, item.attempts + 1))
    await item.finish(uow)
    return 'done'
  }

  async #bury(uow: UnitOfWork, verdict: Parameters<WorkItem['park']>[1]): Promise<EndResult> {
    const { item, handler } = this
    await item.park(uow, verdict)
    const { reason, error, attempts } = verdict
    if (item.content.kind === 'message')
      await handler.dead?.(item.content.message as never, { reason, error, attempts }, this.#context(uow))
    return 'dead'
  }

  #context(uow: UnitOfWork): Ending {
    const { content } = this.item
    const message = (content as { message: AnyMessage }).message
    return { uow, consequences: new Consequences(causeOf(message), this.source, uow.now) }
  }
}
