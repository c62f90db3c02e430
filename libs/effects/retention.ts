import type { Retention } from '#libs/database'

const DAY_MS = 24 * 60 * 60 * 1000

/** Outcomes that could not be recorded: for a year somebody can look at them, as long as `dead-letters` has them. */
export const parkedEffectsRetention: Retention = {
  table: 'parked_effects',
  column: 'parked_at',
  keptMs: 365 * DAY_MS,
  setting: 'PARKED_EFFECTS_RETENTION_HOURS',
}
