import type { RelayConnection } from '../relay-connection.ts'

export const deleteBatch = async (connection: RelayConnection, ids: readonly string[]): Promise<void> => {
  await connection.query({ name: 'delete', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])', values: [ids] })
}
