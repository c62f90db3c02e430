import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { databaseUrl } from '../postgres/cluster.ts'
import { freePorts } from '../postgres/free-port.ts'
import { untilReachable } from '../postgres/server.ts'
import { postgresLaunch } from './postgres.ts'

let folder: string
let url: string
let port: number
let server: ChildProcess

beforeEach(async () => {
  // Private to its owner, as the home of root is: the user that PostgreSQL runs as must find its way in all the same.
  folder = mkdtempSync(join(tmpdir(), 'waybill-postgres-'))
  chmodSync(folder, 0o700)
  port = (await freePorts(1))[0]!
  url = databaseUrl(port, 'postgres')
})
afterEach(async () => {
  const gone = once(server, 'exit')
  server.kill('SIGINT')
  await gone
  rmSync(folder, { recursive: true, force: true })
})

const start = async () => {
  const { file, args, ...options } = await postgresLaunch(join(folder, 'postgres'), port)
  server = spawn(file, args, { ...options, stdio: 'ignore' })
  await untilReachable(url)
}

test('a server that was killed comes back with what it had promised, though a backend of it is still busy', async () => {
  await start()
  const busy = new pg.Client({ connectionString: url })
  busy.on('error', () => undefined)
  await busy.connect()
  await busy.query('CREATE TABLE kept AS SELECT 1 AS id')
  // Does not look up from its work when the postmaster dies.
  busy.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch(() => undefined)
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone

  await start()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  expect((await client.query('SELECT id FROM kept')).rows).toEqual([{ id: 1 }])
  await client.end()
})
