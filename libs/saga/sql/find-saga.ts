import type { Sql } from '#libs/database'
import type { SagaKey, StoredSaga } from '../saga.ts'
import { COLUMNS } from './saga-row.ts'

export const findSaga = async (sql: Sql, { type, sagaId }: SagaKey): Promise<StoredSaga | undefined> => {
  const [saga] = await sql.query<StoredSaga>(
    `SELECT ${COLUMNS} FROM sagas WHERE type = $1 AND saga_id = $2`,
    type,
    sagaId,
  )
  return saga
}
