import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseUrl } from '../postgres/cluster.ts'
import { freePorts } from '../postgres/free-port.ts'
import { startPostgres } from '../postgres/server.ts'

/** Lends `work` an empty database on a server that is thrown away afterwards. */
export const withScratchDatabase = async <T>(work: (url: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-scratch-'))
  const [port] = await freePorts(1)
  const server = await startPostgres({ folder: join(folder, 'postgres'), port: port!, settings: { fsync: 'off' } })
  try {
    return await work(databaseUrl(port!, 'postgres'))
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
