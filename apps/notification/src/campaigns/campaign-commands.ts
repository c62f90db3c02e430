import { randomUUID } from 'node:crypto'
import type { UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import { afterCommand, type CampaignCommand } from '../domain/campaigns/campaign.ts'
import type { NewCampaign } from './api/campaign-request.ts'
import { type Campaign, insertCampaign, lockCampaign, updateCampaign } from './sql/campaigns.ts'
import { forgetRecipients, insertRecipients } from './sql/recipients.ts'

export type CampaignRefusal = 'unknown_campaign' | 'nobody_to_tell' | 'not_possible_now'
type Refused = Refusal<CampaignRefusal>

/** Of one campaign. */
export const MOST_RECIPIENTS = 200_000

/** What people do to campaigns, each within the transaction that also keeps the answer. */
export class CampaignCommands {
  constructor(
    /** The customers of the shop's file. */
    private readonly onFile: readonly string[],
    /** Called after the commit. */
    private readonly onChanged: () => void,
  ) {}

  /** Who is told is settled now, whenever that will be. */
  async create(uow: UnitOfWork, wanted: NewCampaign, createdBy: string): Promise<Campaign | Refused> {
    const { template, values, segment } = wanted
    const id = randomUUID()
    const at = wanted.at === undefined ? uow.now : new Date(wanted.at)
    const total = await insertRecipients(uow, id, segment, this.onFile, MOST_RECIPIENTS)
    if (total === 0) return refuse('nobody_to_tell', 'no customer is in this segment')
    const campaign: Campaign = {
      ...{ id, template, values, segment, at, total, createdBy },
      ...{ state: at > uow.now ? 'scheduled' : 'running', told: 0 },
      ...{ createdAt: uow.now, startedAt: null, endedAt: null },
    }
    await insertCampaign(uow, campaign)
    uow.afterCommit(this.onChanged)
    return campaign
  }

  async command(uow: UnitOfWork, id: string, command: CampaignCommand): Promise<Campaign | Refused> {
    const found = await lockCampaign(uow, id)
    if (found === undefined) return refuse('unknown_campaign', `no campaign ${id} is known`)
    const state = afterCommand(found.state, command, { at: found.at, now: uow.now })
    if (typeof state !== 'string') return state
    const changed = { ...found, state, endedAt: state === 'cancelled' ? uow.now : null }
    await updateCampaign(uow, changed)
    if (state === 'cancelled') await forgetRecipients(uow, id)
    uow.afterCommit(this.onChanged)
    return changed
  }
}
