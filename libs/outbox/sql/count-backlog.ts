import type pg from 'pg'

export const countBacklog = async (client: pg.Client, slots: readonly number[]): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM outbox WHERE slot = ANY($1::smallint[])',
    [slots],
  )
  return rows[0]!.count
}
