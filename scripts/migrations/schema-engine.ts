import { readFileSync } from 'node:fs'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import { CatalogAdapter, CatalogPool } from './catalog-adapter.ts'
import { readSchema, schemaFolder } from './migration-files.ts'

/** @types/node leaves WebAssembly to the DOM's types, which this project does without. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>
}

/** Prisma's schema engine as WebAssembly: the native one would have to be downloaded. */
const instantiateEngine = async (): Promise<void> => {
  const bytes = readFileSync(new URL('schema_engine_bg.wasm', import.meta.resolve('@prisma/schema-engine-wasm')))
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings })
  bindings.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
}

let engineLoaded: Promise<void> | undefined
/** Once per process: the bindings are one module, and a second instance under them would not know the first's memory. */
const loadEngine = (): Promise<void> => {
  engineLoaded ??= instantiateEngine()
  return engineLoaded
}

const EVERYTHING = { externalTables: [], externalEnums: [] }

/**
 * The SQL that turns the database at `databaseUrl` into the service's Prisma schema; '' when they agree. What Prisma
 * cannot express (partial indexes, functions, storage parameters) is neither seen nor dropped.
 */
export const differenceToSchema = async (databaseUrl: string, service: string): Promise<string> => {
  await loadEngine()
  const files = readSchema(service)
  const pool = new CatalogPool({ connectionString: databaseUrl })
  const adapter = bindMigrationAwareSqlAdapterFactory(new CatalogAdapter(pool))
  const engine = await bindings.SchemaEngine.new(
    { datamodels: files.map(({ path, content }) => [path, content]) },
    () => undefined,
    adapter,
  )
  try {
    const { stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: schemaFolder(service) },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: EVERYTHING,
    })
    const sql = stdout?.trim() ?? ''
    return sql === '-- This is an empty migration.' ? '' : sql
  } finally {
    engine.free()
    await pool.end()
  }
}
