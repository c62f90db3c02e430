import type { Sql } from '#libs/database'
import { CHANNEL } from '../channel.ts'

/** Tells the relays of other processes at the commit. */
export const notifyRelays = (sql: Sql): Promise<number> => sql.execute(`SELECT pg_notify('${CHANNEL}', '')`)
