import type { Sql } from '#libs/database'
import type { StoredSaga } from '../saga.ts'
import { COLUMNS } from './saga-row.ts'

/** Sorted, so that transactions which want the same sagas wait for one another instead of deadlocking. */
export const lockSagas = (sql: Sql, sagaIds: readonly string[]): Promise<StoredSaga[]> =>
  sql.query(`SELECT ${COLUMNS} FROM sagas WHERE saga_id = ANY($1::text[]) ORDER BY saga_id FOR UPDATE`, sagaIds)
