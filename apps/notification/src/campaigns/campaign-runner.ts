import { Consequences, uuidFrom } from '#libs/contracts'
import type { Database, GroupCommit, UnitOfWork } from '#libs/database'
import { Poller } from '#libs/loops'
import { createLogger, fields } from '#libs/observability'
import { nextPage } from '../domain/campaigns/campaign.ts'
import type { News, Teller } from '../tell.ts'
import { type Campaign, dueCampaigns, takeCampaign, updateCampaign } from './sql/campaigns.ts'
import { countUnderWay, takeRecipients } from './sql/recipients.ts'

export interface CampaignRunnerOptions {
  readonly database: Database
  readonly groupCommit: GroupCommit
  readonly teller: Teller
}

/** What one campaign has on its way at most, and tells in one transaction. */
const WINDOW = 400
const PAGE = 100
/** Campaigns that are worked on in one round. */
const AT_ONCE = 10
/** Between two looks while something is on its way, and while nothing is due. Milliseconds. */
const SOON_MS = 200
const LATEST_MS = 1_000

const log = createLogger('campaigns')

/**
 * Tells the customers of a campaign, page by page, each once: who is told leaves the list of those who are to be told by the
 * very transaction that begins the notification, under an id made of campaign and customer. The next page is begun when there
 * is room for it, so thousands never wait in a queue, and a pause is one at once but for what is on its way.
 */
export class CampaignRunner {
  readonly #poller = new Poller(() => this.#work())

  constructor(private readonly options: CampaignRunnerOptions) {}

  start(): void {
    this.#poller.start()
  }

  /** Something may be due. */
  wake(): void {
    this.#poller.now()
  }

  stop(): Promise<void> {
    return this.#poller.stop()
  }

  /** Answers when to look again, milliseconds. */
  async #work(): Promise<number> {
    const { database, groupCommit } = this.options
    let nextMs = LATEST_MS
    try {
      const due = await dueCampaigns(database, new Date(), AT_ONCE)
      if (due.length > 0) nextMs = SOON_MS
      for (const id of due) await groupCommit.submit({ run: (uow) => this.#step(uow, id), weight: PAGE })
    } catch (error) {
      log.warn('campaigns not gone on with', { [fields.error]: error })
    }
    return nextMs
  }

  async #step(uow: UnitOfWork, id: string): Promise<void> {
    const campaign = await takeCampaign(uow, id)
    if (campaign === undefined) return
    const { pending, waiting } = await countUnderWay(uow, id, WINDOW)
    const left = campaign.total - campaign.told
    const size = nextPage(left, pending, { window: WINDOW, page: PAGE })
    const customers = size === 0 ? [] : await takeRecipients(uow, id, size)
    await this.#tell(uow, campaign, customers)
    const isOver = left === 0 && pending === 0 && waiting === 0
    if (!isOver && customers.length === 0 && campaign.state === 'running') return
    await updateCampaign(uow, {
      ...campaign,
      ...{ state: isOver ? 'completed' : 'running', told: campaign.told + customers.length },
      ...{ startedAt: campaign.startedAt ?? uow.now, endedAt: isOver ? uow.now : null },
    })
  }

  async #tell(uow: UnitOfWork, campaign: Campaign, customers: readonly string[]): Promise<void> {
    const { teller } = this.options
    const news = customers.map((customerId) => newsOf(campaign, customerId))
    for (const each of news) teller.announce(uow, each)
    for (const each of news) {
      const cause = { id: `${campaign.id} ${each.customerId}`, correlationId: each.orderId }
      await teller.tell(uow, new Consequences(cause, '/waybill/notification', uow.now), each)
    }
  }
}

const newsOf = ({ id, template, values }: Campaign, customerId: string): News => ({
  ...{ kind: 'campaign', campaignId: id, customerId, template, values },
  orderId: uuidFrom(`campaign ${id} to ${customerId}`),
})
