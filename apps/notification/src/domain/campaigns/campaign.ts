import { type Refusal, refuse } from '#libs/decider'

/** scheduled: its time has not come; then running, until everybody was told. */
export type CampaignState = 'scheduled' | 'running' | 'paused' | 'cancelled' | 'completed'
export type CampaignCommand = 'pause' | 'resume' | 'cancel'

const FROM: Readonly<Record<CampaignCommand, readonly CampaignState[]>> = {
  pause: ['scheduled', 'running'],
  resume: ['paused'],
  cancel: ['scheduled', 'running', 'paused'],
}

/** What a command makes of a campaign. Whoever asks for what holds already is told so, and nothing happens. */
export const afterCommand = (
  state: CampaignState,
  command: CampaignCommand,
  { at, now }: { readonly at: Date; readonly now: Date },
): CampaignState | Refusal<'not_possible_now'> => {
  if (!FROM[command].includes(state)) return refuse('not_possible_now', `it is ${state}`)
  if (command === 'pause') return 'paused'
  if (command === 'cancel') return 'cancelled'
  return at > now ? 'scheduled' : 'running'
}

/**
 * How many more may be told now, of `left` who have not been: no more are under way than the window, so that a pause is soon
 * one, and so that what waits at low priority is never a queue of thousands.
 */
export const nextPage = (left: number, underWay: number, { window, page }: { window: number; page: number }): number =>
  Math.max(0, Math.min(left, page, window - underWay))
