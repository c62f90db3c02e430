import { PrismaPg } from '@prisma/adapter-pg'
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import pg from 'pg'

/**
 * PostgreSQL's catalogue is full of an internal one-byte type that Prisma's adapter refuses, while its engine expects to
 * read a character: the pool passes it off as text, and `connect` gives it its real type back.
 */
const { CHAR, TEXT } = pg.types.builtins

export class CatalogPool extends pg.Pool {
  readonly characterColumns = new WeakMap<object, number[]>()

  // biome-ignore lint/suspicious/noExplicitAny: pg's overloads, of which the adapter uses the one that answers a promise
  override async query(...args: any[]): Promise<any> {
    const { fields, ...result }: pg.QueryResult = await super.query(...(args as [pg.QueryConfig]))
    const isCharacter = ({ dataTypeID }: pg.FieldDef): boolean => dataTypeID === CHAR
    this.characterColumns.set(
      result.rows,
      [...fields.keys()].filter((i) => isCharacter(fields[i]!)),
    )
    return { ...result, fields: fields.map((field) => (isCharacter(field) ? { ...field, dataTypeID: TEXT } : field)) }
  }
}

export class CatalogAdapter extends PrismaPg {
  readonly #pool: CatalogPool

  constructor(pool: CatalogPool) {
    super(pool)
    this.#pool = pool
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect()
    const queryRaw = adapter.queryRaw.bind(adapter)
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query)
      for (const i of this.#pool.characterColumns.get(result.rows) ?? [])
        result.columnTypes[i] = ColumnTypeEnum.Character
      return result
    }
    return adapter
  }
}
