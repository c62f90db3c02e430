import type { RelayConnection } from '../relay-connection.ts'

export const deleteBatch = async (connection: RelayConnection, ids: readonly bigint[]): Promise<void> => {
  await connection.query({
    name: 'delete',
    text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])',
    values: [ids.map(String)],
  })
}
