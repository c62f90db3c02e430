import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DataOf } from '#libs/contracts'
import { restoreVault } from '#libs/personal-data'
import { testVault } from '#libs/testing'
import { until } from '../../../test/support/until.ts'
import { type OrderApp, order, startOrderApp } from './order-app.fixture.ts'

let app: OrderApp
beforeAll(async () => {
  app = await startOrderApp()
})
afterAll(() => app?.stop())

const said = async (type: string): Promise<string[]> => {
  const rows = await app.database.query<{ value: string }>(
    `SELECT value FROM outbox WHERE topic = 'customer-keys' AND headers::text LIKE $1 ORDER BY id`,
    `%${type}%`,
  )
  return rows.map(({ value }) => String(value))
}

test('with the first order of a customer a copy of their key is published, and what is sealed opens in a vault made of it', async () => {
  await app.placed()
  const [made, ...more] = await said('customer-key.made')
  expect(more).toEqual([])
  await until('that to be on record', async () => {
    const before = (await said('customer-key.made')).length
    await app.placed()
    return (await said('customer-key.made')).length === before || undefined
  })
  const data: DataOf<'customer-key.made'> = JSON.parse(made!)
  expect(data.customerId).toBe(order.customerId)

  const sealed = (await app.personal.sealing(order.customerId)).seal('Wilhelmina')
  const other = await testVault(app.masterKey)
  try {
    await expect(other.personal.open(sealed)).rejects.toThrow('knows no key')
    expect(await restoreVault(other.settings.VAULT_URL, { made: [data], erased: [] })).toEqual({ made: 1 })
    expect(await restoreVault(other.settings.VAULT_URL, { made: [data], erased: [] })).toEqual({ made: 0 })
    expect(await other.personal.open(sealed)).toBe('Wilhelmina')
  } finally {
    await other.remove()
  }
})

test('an erasure is published', async () => {
  await app.post('/customers/nobody/erasure', { reason: 'was asked to' }).expect(200)
  expect((await said('customer-key.destroyed')).map((value) => JSON.parse(value))).toEqual([{ customerId: 'nobody' }])
})

test('a key whose customer was erased since is not put back', async () => {
  const vault = await testVault()
  const made = [{ customerId: 'ada', masterKeyId: 'any', wrapped: 'AAAA' }]
  try {
    expect(await restoreVault(vault.settings.VAULT_URL, { made, erased: ['ada'] })).toEqual({ made: 0 })
    await expect(vault.personal.sealing('ada')).rejects.toThrow('was erased')
  } finally {
    await vault.remove()
  }
})
