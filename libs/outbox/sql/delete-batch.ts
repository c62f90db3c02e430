import type pg from 'pg'

export const deleteBatch = async (client: pg.Client, ids: readonly string[]): Promise<void> => {
  await client.query({ name: 'delete', text: 'DELETE FROM outbox WHERE id = ANY($1::bigint[])', values: [ids] })
}
