import type { RelayConnection } from '../relay-connection.ts'

export const countBacklog = async (connection: RelayConnection, slots: readonly number[]): Promise<number> => {
  const [row] = await connection.query<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM outbox WHERE slot = ANY($1::smallint[])',
    values: [slots],
  })
  return row!.count
}
