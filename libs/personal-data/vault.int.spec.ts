import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '#libs/testing'
import { localMasterKeys, newMasterKey } from './master-keys.ts'
import { type CustomerKey, isSealed } from './sealed-text.ts'
import { Vault } from './vault.ts'

let server: TestDatabase
const vaults: Vault[] = []
const vaultWith = (read: () => string): Vault => {
  const vault = new Vault(server.url, localMasterKeys(read))
  vaults.push(vault)
  return vault
}
let file = newMasterKey()

beforeAll(async () => {
  server = await testDatabase('vault')
})
afterAll(async () => {
  await Promise.all(vaults.map((vault) => vault.close()))
  await server.drop()
})

test('processes that make a key at the same time agree on one', async () => {
  const [one, other] = [vaultWith(() => file), vaultWith(() => file)]
  const ids = Array.from({ length: 50 }, (_, i) => `cust-${i}`)
  const both = await Promise.all([one.findOrCreate(ids), other.findOrCreate(ids.toReversed())])
  for (const id of ids) {
    const [a, b] = both.map((held) => held.get(id) as CustomerKey)
    expect(b!.open(a!.seal('Ada'))).toBe('Ada')
  }
  expect((await one.find(['cust-0', 'nobody'])).size).toBe(1)
})

test('a destroyed key is a tombstone for everybody: nothing opens, and no new one is made', async () => {
  const [one, other] = [vaultWith(() => file), vaultWith(() => file)]
  await one.findOrCreate(['gone'])
  const at = await one.destroy('gone')
  expect(await one.destroy('gone')).toEqual(at)
  await one.destroy('never-there')
  expect(await other.findOrCreate(['gone', 'never-there'])).toEqual(
    new Map([
      ['gone', 'erased'],
      ['never-there', 'erased'],
    ]),
  )
  expect((await other.destroyedWithin(60)).sort()).toEqual(['gone', 'never-there'])
})

test('a rotation wraps every key anew: the old master key opens none, and who still has it reads the new one', async () => {
  const running = vaultWith(() => file)
  const sealed = ((await running.findOrCreate(['kept'])).get('kept') as CustomerKey).seal('Ada')
  const old = file
  file = `${newMasterKey()}\n${old}`
  const rewrapped = await vaultWith(() => file).rewrap()
  expect(rewrapped).toBeGreaterThan(0)
  file = file.split('\n')[0]!
  expect(await vaultWith(() => file).rewrap()).toBe(0)

  const opened = (await running.find(['kept'])).get('kept') as CustomerKey
  expect(opened.open(sealed)).toBe('Ada')
  expect(isSealed(((await running.findOrCreate(['new'])).get('new') as CustomerKey).seal('x'))).toBe(true)
  await expect(vaultWith(() => old).find(['kept'])).rejects.toThrow('is not here')
  await expect(vaultWith(() => old).findOrCreate(['newer'])).rejects.toThrow('is not here')
})
