import pg from 'pg'

/** The tables of a database in which any row holds the text, in whatever column: as it is, in JSON, or as bytes. */
export const tablesWith = async (url: string, text: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    )
    const found: string[] = []
    const patterns = [`%${text}%`, `%${Buffer.from(text).toString('hex')}%`]
    for (const { name } of rows) {
      const { rowCount } = await client.query(`SELECT FROM "${name}" AS row WHERE row::text LIKE ANY ($1) LIMIT 1`, [
        patterns,
      ])
      if (rowCount) found.push(name)
    }
    return found
  } finally {
    await client.end()
  }
}
