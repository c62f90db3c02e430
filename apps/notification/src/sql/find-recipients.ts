import type { Sql } from '#libs/database'
import type { Preferences, SwitchedOffChannels } from '../domain/preferences.ts'

interface Row {
  readonly customerId: string
  readonly preferences: Preferences | undefined
  readonly switchedOff: SwitchedOffChannels
  readonly released: number
  readonly hasWaiting: boolean
}

/** Each customer is one lookup in three indexes, of which two have nothing for most. */
export const findRecipients = async (sql: Sql, customerIds: readonly string[], since: Date): Promise<Row[]> => {
  const rows = await sql.query<
    Omit<Row, 'preferences' | 'switchedOff'> & {
      preferences: Preferences | null
      switchedOff: SwitchedOffChannels | null
    }
  >(
    `SELECT customer_id AS "customerId", p.preferences, p.switched_off AS "switchedOff",
            (SELECT count(*)::int FROM notifications n
              WHERE n.customer_id = asked.customer_id AND n.released_at > $2) AS released,
            EXISTS (SELECT 1 FROM waiting_customers w WHERE w.customer_id = asked.customer_id) AS "hasWaiting"
       FROM unnest($1::text[]) AS asked (customer_id) LEFT JOIN notification_preferences p USING (customer_id)`,
    customerIds,
    since,
  )
  return rows.map(({ preferences, switchedOff, ...row }) => ({
    ...row,
    preferences: preferences ?? undefined,
    switchedOff: switchedOff ?? {},
  }))
}
