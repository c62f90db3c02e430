import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { applyMigrations } from './migrations/apply.ts'
import { servicesWithDatabase } from './migrations/migration-files.ts'
import { differenceToSchema } from './migrations/schema-engine.ts'
import { freePorts } from './postgres/free-port.ts'
import { startPostgres } from './postgres/server.ts'
const folder = await mkdtemp(join(tmpdir(), 'wb-core-'))
const [port] = await freePorts(1)
const server = await startPostgres({ folder: join(folder, 'pg'), port: port!, settings: {} })
try {
  const admin = new pg.Client({ connectionString: server.url }); await admin.connect()
  for (const s of servicesWithDatabase()) {
    await admin.query(`CREATE DATABASE d_${s}`)
    const u = new URL(server.url); u.pathname = `/d_${s}`
    await applyMigrations(u.href, s)
    console.log(s, JSON.stringify((await differenceToSchema(u.href, s))))
  }
  const u = new URL(server.url); u.pathname = '/d_order'
  const clients = await Promise.all(Array.from({ length: 6 }, async () => { const c = new pg.Client({ connectionString: u.href }); await c.connect(); return c }))
  for (let round = 0; round < 2; round++) for (const notify of [false, true]) {
    let n = 0; const end = performance.now() + 3000
    await Promise.all(clients.map(async (c, i) => { while (performance.now() < end) { await c.query(`WITH a AS (INSERT INTO inbox (consumer, message_id) VALUES ('c', gen_random_uuid()::text)) SELECT ${notify ? "pg_notify('waybill_outbox','')::text" : "'x'"}`); n++ } }))
    console.log(notify ? 'NOTIFY' : 'plain ', Math.round(n / 3), 'commits/s with 6 connections')
  }
  await Promise.all(clients.map((c) => c.end())); await admin.end()
} finally { await server.stop(); await rm(folder, { recursive: true, force: true }) }
