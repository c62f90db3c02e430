import type { ServiceDefinition } from '#libs/service'
import type { Teller } from '../tell.ts'
import { CampaignsController } from './api/campaigns.controller.ts'
import { CampaignCommands } from './campaign-commands.ts'
import { CampaignRunner } from './campaign-runner.ts'

/** What many customers are told: told as anything else is, by the same teller, but page by page and at low priority. */
export const campaigns = (
  teller: Teller,
  customersOnFile: readonly string[],
): Pick<Required<ServiceDefinition>, 'beside' | 'routes'> => ({
  beside: ({ database, groupCommit }) => {
    const runner = new CampaignRunner({ database, groupCommit, teller })
    const commands = new CampaignCommands(customersOnFile, () => runner.wake())
    return { workers: [runner], providers: [{ provide: CampaignCommands, useValue: commands }] }
  },
  routes: [CampaignsController],
})
