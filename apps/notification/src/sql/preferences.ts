import type { Sql } from '#libs/database'
import type { Channel } from '../domain/channels.ts'
import type { Preferences, SwitchedOff, SwitchedOffChannels } from '../domain/preferences.ts'

export interface StoredPreferences {
  readonly preferences: Preferences | null
  readonly switchedOff: SwitchedOffChannels
  readonly updatedAt: Date
}

export const findPreferences = async (sql: Sql, customerId: string): Promise<StoredPreferences | undefined> => {
  const [row] = await sql.query<StoredPreferences>(
    `SELECT preferences, switched_off AS "switchedOff", updated_at AS "updatedAt"
       FROM notification_preferences WHERE customer_id = $1`,
    customerId,
  )
  return row
}

/** As the customer says, by every channel: one that was switched off is tried again. */
export const savePreferences = (sql: Sql, customerId: string, preferences: Preferences, at: Date): Promise<number> =>
  sql.execute(
    `INSERT INTO notification_preferences (customer_id, preferences, updated_at) VALUES ($1, $2::json, $3)
     ON CONFLICT (customer_id) DO UPDATE
       SET preferences = excluded.preferences, switched_off = '{}', updated_at = excluded.updated_at`,
    customerId,
    JSON.stringify(preferences),
    at,
  )

/** False when it is off already, or not about the address that the customer has now. */
export const switchChannelOff = async (
  sql: Sql,
  { customerId, channel, ...off }: SwitchedOff & { readonly customerId: string; readonly channel: Channel },
): Promise<boolean> => {
  const changed = await sql.execute(
    `INSERT INTO notification_preferences AS p (customer_id, preferences, switched_off, updated_at)
     VALUES ($1, 'null', jsonb_build_object($2::text, $3::jsonb), $4)
     ON CONFLICT (customer_id) DO UPDATE SET switched_off = p.switched_off || excluded.switched_off
      WHERE NOT p.switched_off ? $2 AND ($2 = 'email' OR p.preferences #>> ARRAY['addresses', $2] = $5)`,
    customerId,
    channel,
    JSON.stringify(off),
    new Date(off.at),
    off.to,
  )
  return changed > 0
}
