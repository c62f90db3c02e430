import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { configureLogging } from '#libs/observability'
import { Batched } from './batched.ts'
import { CustomerErased, KeyRing } from './key-ring.ts'
import { localMasterKeys, newMasterKey, parseMasterKeys, UnknownMasterKey } from './master-keys.ts'
import { reveal, revealJson } from './reveal.ts'
import { CustomerKey, customerOf, DamagedText, isSealed } from './sealed-text.ts'
import type { Holding } from './vault.ts'

configureLogging({ level: 'silent' })

const dataKey = randomBytes(32)
const ada = new CustomerKey('cust-ada', dataKey)
const bob = new CustomerKey('cust_bob', randomBytes(32))
const text = fc.string({ unit: 'grapheme' })

describe('a sealed text', () => {
  test('opens with its key, names its customer and shows nothing else', () => {
    fc.assert(
      fc.property(text, (clear) => {
        const sealed = ada.seal(clear)
        expect(isSealed(sealed)).toBe(true)
        expect(customerOf(sealed)).toBe('cust-ada')
        expect(new CustomerKey('cust-ada', dataKey).open(sealed)).toBe(clear)
      }),
    )
    expect(ada.seal('Ada Lovelace')).not.toContain('Ada')
  })

  test('is the same for the same text of one customer, and another one of every other', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(ada.seal(one) === ada.seal(other)).toBe(one === other)
        expect(ada.seal(one).split('.')[3]).not.toBe(bob.seal(one).split('.')[3])
      }),
    )
  })

  test('opens with no other key, and not as another customer’s', () => {
    const sealed = ada.seal('Ada')
    expect(() => new CustomerKey('cust-ada', randomBytes(32)).open(sealed)).toThrow(DamagedText)
    expect(() => bob.open(sealed)).toThrow(DamagedText)
    const moved = new CustomerKey('cust_bob', dataKey)
    expect(() => moved.open(sealed.replace('cust-ada', 'cust_bob'))).toThrow(DamagedText)
  })

  test('of which anything was changed or cut off does not open', () => {
    const sealed = ada.seal('Ada Lovelace')
    const start = sealed.lastIndexOf('.') + 1
    fc.assert(
      fc.property(fc.integer({ min: start, max: sealed.length - 1 }), fc.constantFrom(...'Ab0-_'), (at, by) => {
        fc.pre(sealed[at] !== by)
        expect(() => ada.open(sealed.slice(0, at) + by + sealed.slice(at + 1))).toThrow(DamagedText)
        expect(() => ada.open(sealed.slice(0, at))).toThrow(DamagedText)
      }),
    )
    for (const other of ['', 'Ada', 'personal.v1.cust-ada.', sealed.replace('v1', 'v2')])
      expect(() => ada.open(other)).toThrow(DamagedText)
  })
})

describe('master keys', () => {
  const [older, newer] = [newMasterKey(), newMasterKey()]

  test('unwrap what they wrapped, for the same customer, and what an earlier one did', async () => {
    const before = localMasterKeys(() => older)
    const after = localMasterKeys(() => `${newer}\n${older}\n`)
    const wrapped = await before.wrap(dataKey, 'cust-ada', before.newest)
    expect(await after.unwrap(wrapped, 'cust-ada')).toEqual(dataKey)
    expect(await after.unwrap(await after.wrap(dataKey, 'x', before.newest), 'x')).toEqual(dataKey)
    await expect(after.unwrap(wrapped, 'cust-bob')).rejects.toThrow()
    await expect(localMasterKeys(() => newer).unwrap(wrapped, 'cust-ada')).rejects.toThrow(UnknownMasterKey)
    expect(wrapped.wrapped.includes(dataKey)).toBe(false)
  })

  test.each(['', 'short', `${older}x`, `${older}\nnot a key`])('%j are none, and the error repeats nothing', (bad) => {
    expect(() => parseMasterKeys(bad)).toThrow(/^master keys are 32 bytes in base64 each/)
  })
})

describe('a key ring', () => {
  const vaultOf = (held: Map<string, Holding>) => {
    const asked: (readonly string[])[] = []
    const find = async (ids: readonly string[]) => {
      asked.push(ids)
      return new Map(ids.flatMap((id) => (held.has(id) ? [[id, held.get(id)!] as const] : [])))
    }
    const destroyedWithin = async () => [...held].flatMap(([id, holding]) => (holding === 'erased' ? [id] : []))
    return { asked, find, findOrCreate: find, destroyedWithin }
  }

  test('asks once for many and remembers, no more than fit', async () => {
    const vault = vaultOf(new Map(['a', 'b', 'c'].map((id) => [id, new CustomerKey(id, dataKey)])))
    const ring = new KeyRing(vault, { capacity: 2 })
    await Promise.all([ring.sealing('a'), ring.sealing('b'), ring.sealing('a')])
    expect(vault.asked).toEqual([['a', 'b']])
    await ring.opening('a')
    await ring.opening('c')
    await ring.opening('a')
    expect(vault.asked).toEqual([['a', 'b'], ['c']])
    await ring.opening('b')
    expect(vault.asked).toHaveLength(3)
  })

  test('hears of an erasure, whatever it holds', async () => {
    const held = new Map<string, Holding>([['a', ada]])
    const ring = new KeyRing(vaultOf(held), { askAgainMs: 0, trustMs: 0 })
    expect(await ring.opening('a')).toBe(ada)
    held.set('a', 'erased')
    expect(await ring.opening('a')).toBeUndefined()
    await expect(ring.sealing('a')).rejects.toThrow(CustomerErased)
  })

  test('uses no key when it has heard nothing of erasures for too long', async () => {
    const vault = { ...vaultOf(new Map([['a', ada]])), destroyedWithin: () => Promise.reject(new Error('away')) }
    await expect(new KeyRing(vault, { askAgainMs: 0, trustMs: 0 }).opening('a')).rejects.toThrow('away')
    expect(await new KeyRing(vault, { askAgainMs: 0 }).opening('a')).toBe(ada)
  })

  test('takes what nobody has a key of for a fault, not for an erasure', async () => {
    await expect(new KeyRing(vaultOf(new Map())).opening('a')).rejects.toThrow('knows no key')
  })
})

test('a question that fails fails for those in it only', async () => {
  let calls = 0
  const batched = new Batched<number>(async (keys) => {
    if (calls++ === 0) throw new Error('away')
    return new Map(keys.map((key) => [key, key.length]))
  })
  await expect(Promise.all([batched.of('a'), batched.of('b')])).rejects.toThrow('away')
  expect(await Promise.all([batched.of('a'), batched.of('bb')])).toEqual([1, 2])
})

describe('revealing', () => {
  const keys = async (id: string) => (id === ada.customerId ? ada : undefined)
  const address = { givenName: 'Ada', line1: 'Street 1', city: 'Lund', postalCode: '22100' }

  test('opens texts, objects, and both inside of a text', async () => {
    const sealed = { sealed: ada.seal(JSON.stringify(address)), country: 'SE' }
    const value = { to: ada.seal('ada@example.com'), at: [{ address: sealed }], raw: JSON.stringify({ sealed }) }
    expect(await reveal(value, keys)).toEqual({
      to: 'ada@example.com',
      at: [{ address: { ...address, country: 'SE' } }],
      raw: JSON.stringify({ sealed: { ...address, country: 'SE' } }),
    })
    expect(await reveal({ error: `mail to ${value.to} refused` }, keys)).toEqual({
      error: 'mail to ada@example.com refused',
    })
  })

  test('says erased where there is no key, in a shape that can still be read', async () => {
    const gone = { to: bob.seal('bob@example.com'), address: { sealed: bob.seal('{}'), country: 'SE' } }
    const shown = await revealJson(JSON.stringify(gone), keys)
    const none = { givenName: 'erased', line1: 'erased', city: 'erased', postalCode: 'erased' }
    expect(JSON.parse(shown)).toEqual({ to: 'erased', address: { ...none, country: 'SE' } })
  })

  test('leaves everything else as it is, and does not fail at what only looks sealed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        expect(await revealJson(json, keys)).toBe(json)
      }),
    )
    const forged = ada.seal('Ada Lovelace').slice(0, -3)
    expect(await reveal([forged, `${forged}AAA`], keys)).toEqual(['erased', 'erased'])
  })

  test('rejects when keys cannot be asked for: that is no erasure', async () => {
    await expect(reveal([ada.seal('x')], () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  })
})
