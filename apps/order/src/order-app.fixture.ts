import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import request from 'supertest'
import { Consequences, type DataOf, uuidFrom } from '#libs/contracts'
import { Database, GroupCommit } from '#libs/database'
import { createApplication, parseConfig, serviceEnvironment } from '#libs/http'
import { configureLogging } from '#libs/observability'
import type { PersonalData } from '#libs/personal-data'
import { findSaga } from '#libs/saga'
import type { Unsealer } from '#libs/sealing'
import { deliver, paymentKeys, testDatabase, testVault } from '#libs/testing'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import type { FactType } from './domain/answers.ts'
import { wakeAt } from './domain/fulfilment-saga.ts'
import type { Fulfilment } from './domain/fulfilment-state.ts'
import { orderService } from './order.module.ts'
import { fulfilment, SOURCE } from './sagas.ts'

export const order = {
  customerId: 'cust-0001',
  items: [
    { sku: 'MUG-WHITE-330', quantity: 2 },
    { sku: 'CHOCO-DARK-100', quantity: 1 },
  ],
  payment: { token: 'tok_ok' },
  shippingAddress: { name: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100', country: 'SE' },
}
export const total = { amount: 2129, currency: 'EUR' }
export const parcel = { shipmentId: 's-1', trackingNumber: 'T-1' }

interface OutboxRow {
  readonly type: string
  readonly id: string
  readonly key: string
}

/** The order service on a database of its own, without a broker: what is to be published stays in the outbox. */
export const startOrderApp = async () => {
  configureLogging({ level: 'silent' })
  const keys = paymentKeys()
  const vault = await testVault()
  const testing = await testDatabase('order')
  const environment = { PORT: '0', DATABASE_URL: testing.url, KAFKA_BROKERS: '127.0.0.1:1' }
  const parsed = parseConfig(serviceEnvironment, environment)
  if (!('config' in parsed)) throw new Error(parsed.problems.join())
  const quotes = { RETURN_WINDOW_DAYS: 30, QUOTE_VALID_MINUTES: 15, QUOTE_PATIENCE_MS: 200, QUOTE_RETENTION_HOURS: 24 }
  const config: Config = {
    ...parsed.config,
    ...keys.settings,
    ...vault.settings,
    ...quotes,
    PRODUCTS_FILE: 'data/products.json',
  }
  const { module } = orderService(config)
  const app = await createApplication(module)
  await app.init()
  await app.getHttpAdapter().getInstance().ready()
  return new OrderApp(testing.url, app, keys.unsealer, vault, async () => {
    await testing.drop()
    await vault.remove()
    keys.remove()
  })
}

export class OrderApp {
  #count = 0

  constructor(
    /** Of its database. */
    readonly url: string,
    readonly app: NestFastifyApplication,
    /** What the payment service opens tokens with. */
    readonly tokens: Unsealer,
    private readonly vault: Awaited<ReturnType<typeof testVault>>,
    private readonly drop: () => Promise<void>,
  ) {}

  get database(): Database {
    return this.app.get(Database)
  }

  /** What opens what it sealed. */
  get personal(): PersonalData {
    return this.vault.personal
  }

  /** That its vault wraps keys by. */
  get masterKey(): string {
    return this.vault.settings.MASTER_KEYS
  }

  async stop(): Promise<void> {
    await this.app.close()
    await this.drop()
  }

  http() {
    return request(this.app.getHttpServer())
  }

  get(path: string) {
    return this.http().get(path)
  }

  post(path: string, body?: object, { key = `key-${++this.#count}`, actor = 'ann' } = {}) {
    const headers = { 'Idempotency-Key': key, 'X-Actor': actor }
    return this.http().post(path).set(headers).send(body)
  }

  async placed(): Promise<string> {
    return (await this.post('/orders', order).expect(201)).body.orderId
  }

  /** A participant's fact arrives, as the consumer would bring it; answers its id. */
  async receive<T extends FactType>(orderId: string, type: T, data: Omit<DataOf<T>, 'orderId' | 'customerId'>) {
    const fact = { orderId, customerId: order.customerId, ...data } as never
    const id = uuidFrom(`fact ${++this.#count}`)
    const refused = await deliver(this.app, { service: 'order', handlers: consumers }, type, fact, id)
    if (refused !== undefined) throw new Error(refused.refused)
    return id
  }

  /** Nobody answers until the saga's next deadline, which comes at once; false when it waits for none. */
  async silence(orderId: string): Promise<boolean> {
    const saga = await findSaga(this.database, fulfilment.key(orderId))
    const at = wakeAt(saga!.state as Fulfilment)
    if (at === undefined) return false
    const cause = { id: uuidFrom(`silence ${++this.#count}`), correlationId: orderId }
    return this.app.get(GroupCommit).submit({
      run: (uow) => fulfilment.handle(uow, new Consequences(cause, SOURCE, uow.now), orderId, { type: 'deadline', at }),
    })
  }

  /** The types of the messages that were sent about the order, in their order. */
  async sent(orderId: string): Promise<string[]> {
    return (await this.outbox(orderId)).map(({ type }) => type)
  }

  /** The messages that were sent about the order, in their order. */
  outbox(orderId: string): Promise<OutboxRow[]> {
    return this.database.query(
      `SELECT headers->>'ce_type' AS type, headers->>'ce_id' AS id, key FROM outbox
        WHERE headers->>'correlationid' = $1 ORDER BY outbox.id`,
      orderId,
    )
  }
}
