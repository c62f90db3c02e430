import type { Sql } from '#libs/database'
import type { StoredSaga } from '../saga.ts'
import { COLUMNS } from './saga-row.ts'

export const findSaga = async (sql: Sql, sagaId: string): Promise<StoredSaga | undefined> => {
  const [saga] = await sql.query<StoredSaga>(`SELECT ${COLUMNS} FROM sagas WHERE saga_id = $1`, sagaId)
  return saga
}
