import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type DataOf, uuidFrom } from '#libs/contracts'
import { Database } from '#libs/database'
import { fold } from '#libs/decider'
import { readStream } from '#libs/event-store'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import type { HandlersOf } from '#libs/messaging'
import { configureLogging } from '#libs/observability'
import { deliver, type TestDatabase, testDatabase } from '#libs/testing'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { type StockEvent, stockHistory, stockStream } from './domain/movements.ts'
import { inventoryService } from './inventory.module.ts'

configureLogging({ level: 'silent' })

export const customerId = 'cust-0001'

export interface StockedProduct {
  readonly sku: string
  readonly name: string
  readonly stock: number
}

export const products: readonly StockedProduct[] = [
  { sku: 'MUG', name: 'Mug', stock: 10 },
  { sku: 'BOWL', name: 'Bowl', stock: 500 },
  { sku: 'VASE', name: 'Vase', stock: 0 },
]

type Type = keyof HandlersOf<'inventory-commands' | 'orders'>

/** The service for the tests of a file, with these products; before each of them 10 mugs and 500 bowls are there. */
export class InventoryUnderTest {
  app!: NestFastifyApplication
  #testing!: TestDatabase
  #folder!: string
  #orders = 0

  constructor() {
    beforeAll(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), 'waybill-inventory-'))
      this.#testing = await testDatabase('inventory')
      await this.#start(products)
    })
    beforeEach(async () => {
      await this.count('MUG', 10)
      await this.count('BOWL', 500)
    })
    afterAll(async () => {
      await this.app.close()
      await this.#testing.drop()
      await rm(this.#folder, { recursive: true })
    })
  }

  get database(): Database {
    return this.app.get(Database)
  }

  async restart(stocked: readonly StockedProduct[]): Promise<void> {
    await this.app.close()
    await this.#start(stocked)
  }

  /** As if somebody had counted: what is in the warehouse from here on. */
  readonly count = (sku: string, onHand: number): Promise<number> =>
    this.database.execute(
      `WITH counted AS (
         UPDATE stock_levels SET on_hand = $2::int, reserved = 0, version = version + 1 WHERE sku = $1 RETURNING *
       )
       INSERT INTO events (stream_id, version, type, data, metadata, recorded_at, transaction_id)
       SELECT 'stock-' || sku, version, 'StockCounted', json_build_object('onHand', on_hand, 'reserved', 0),
              json_build_object('messageId', gen_random_uuid()), now(), pg_current_xact_id()::text::bigint
         FROM counted`,
      sku,
      onHand,
    )

  readonly http = () => request(this.app.getHttpServer())
  readonly newOrder = (): string => uuidFrom(`order ${++this.#orders}`)

  /** A command, or a fact of a choreographed order, arrives, as the consumer would bring it; `at` another process. */
  readonly command = <T extends Type>(type: T, data: DataOf<T>, at: Pick<NestFastifyApplication, 'get'> = this.app) =>
    deliver(at as NestFastifyApplication, { service: 'inventory', handlers: consumers }, type, data)
  readonly reserve = (orderId: string, ...lines: DataOf<'stock.reserve'>['lines']) =>
    this.command('stock.reserve', { orderId, customerId, lines })
  readonly release = (orderId: string) => this.command('stock.release', { orderId, customerId })
  readonly dispatch = (orderId: string) => this.command('stock.dispatch', { orderId, customerId })

  readonly published = async (correlationId: string): Promise<string[]> => {
    const rows = await this.database.query<{ type: string }>(
      `SELECT headers->>'ce_type' AS type FROM outbox WHERE headers->>'correlationid' = $1 ORDER BY id`,
      correlationId,
    )
    return rows.map(({ type }) => type)
  }

  /** What a product's events add up to, and how many of them there are. */
  readonly folded = async (sku: string) => {
    const events = await readStream(this.database, stockStream(sku))
    return { ...fold(stockHistory, events as unknown as StockEvent[]), version: events.length }
  }
  readonly stored = async (sku: string) =>
    (
      await this.database.query(`SELECT on_hand AS "onHand", reserved, version FROM stock_levels WHERE sku = $1`, sku)
    )[0]
  readonly level = async (sku: string) => (await this.http().get(`/stock/${sku}`).expect(200)).body

  async #start(stocked: readonly StockedProduct[]): Promise<void> {
    const file = join(this.#folder, 'products.json')
    await writeFile(file, JSON.stringify(stocked))
    // No broker is there: what is to be published stays in the outbox, where the tests look at it.
    const environment = { PORT: '0', DATABASE_URL: this.#testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
    const parsed = parseConfig(serviceEnvironment, environment)
    if (!('config' in parsed)) throw new Error(parsed.problems.join())
    const config: Config = { ...parsed.config, PRODUCTS_FILE: file }
    this.app = await createApplication(inventoryService(config).module)
    await this.app.init()
    await this.app.getHttpAdapter().getInstance().ready()
  }
}
