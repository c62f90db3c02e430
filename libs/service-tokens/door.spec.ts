import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { credentials } from './credentials.ts'
import { Door, scrapeToken } from './door.ts'
import { ServiceKeys } from './service-keys.ts'

const freshKey = () => randomBytes(32).toString('base64url')
const asked = { method: 'POST', path: '/orders?limit=2' }

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-keys-'))
  file = write(freshKey())
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

const write = (...keys: string[]): string => {
  const path = join(folder, 'service.keys')
  writeFileSync(path, keys.map((key) => `${key}\n`).join(''))
  return path
}
const shownBy = (from: string, to: string, keyFile = file) => credentials(keyFile, from, to)
const bearer = (headers: Readonly<Record<string, string>>) => headers.authorization

describe('a token', () => {
  test('lets its holder in, and says for whom they ask', () => {
    const identity = { actor: 'ann', roles: ['operator'], customerId: 'cust-1' }
    const token = bearer(shownBy('console', 'order')(asked, identity))
    expect(new Door('order', file).admit(token, asked)).toEqual({ caller: 'console', identity })
    expect(new Door('order', file).admit(bearer(shownBy('payment', 'order')(asked)), asked)).toEqual({
      caller: 'payment',
      identity: {},
    })
  })

  test('lets in once', () => {
    const [door, shows] = [new Door('order', file), shownBy('console', 'order')]
    const [first, second] = [bearer(shows(asked)), bearer(shows(asked))]
    expect(door.admit(second, asked)).toHaveProperty('caller')
    expect(door.admit(first, asked)).toHaveProperty('caller')
    for (const token of [first, second]) expect(door.admit(token, asked)).toEqual({ refused: 'replayed' })
  })

  test('is for one service and one request', () => {
    const token = bearer(shownBy('console', 'order')(asked))
    expect(new Door('payment', file).admit(token, asked)).toEqual({ refused: 'elsewhere' })
    const door = new Door('order', file)
    for (const other of [
      { ...asked, method: 'GET' },
      { ...asked, path: '/orders?limit=3' },
    ])
      expect(door.admit(token, other)).toEqual({ refused: 'other-request' })
  })

  test('expires, and is not believed before its time', () => {
    const token = bearer(shownBy('console', 'order')(asked))
    const seen = (afterSeconds: number) =>
      new Door('order', file).admit(token, asked, Date.now() + afterSeconds * 1_000)
    expect([36, -7].map(seen)).toEqual([{ refused: 'expired' }, { refused: 'expired' }])
    expect([33, -4].map(seen)).toEqual([expect.objectContaining({ identity: {} }), expect.objectContaining({})])
  })

  test('of another key, changed, with another algorithm or none at all is refused', () => {
    const door = new Door('order', file)
    const token = bearer(shownBy('console', 'order')(asked))!
    const [header, claims, signature] = token.slice('Bearer '.length).split('.') as [string, string, string]
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const more = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: 'root' }),
    )
    for (const forged of [
      `${none}.${claims}.`,
      `${none}.${claims}.${signature}`,
      `${header}.${more.toString('base64url')}.${signature}`,
      `${header}.${claims}.`,
      'nonsense',
    ])
      expect(door.admit(`Bearer ${forged}`, asked)).toEqual({ refused: 'forged' })
    expect(door.admit(undefined, asked)).toEqual({ refused: 'missing' })
    expect(door.admit('Basic YTpi', asked)).toEqual({ refused: 'missing' })
    expect(door.admit(token, asked)).toHaveProperty('caller')
    write(freshKey())
    expect(new Door('order', file).admit(token, asked)).toEqual({ refused: 'forged' })
  })
})

test('while keys are replaced, both hold: the new one without a new start', () => {
  vi.useFakeTimers({ now: Date.now() })
  const old = freshKey()
  const door = new Door('order', write(old))
  const before = shownBy('console', 'order')
  write(freshKey(), old)
  utimesSync(file, new Date(), new Date(Date.now() + 5_000))
  const after = shownBy('console', 'order')
  expect(door.admit(bearer(before(asked)), asked)).toHaveProperty('caller')
  vi.advanceTimersByTime(1_001)
  expect(door.admit(bearer(after(asked)), asked)).toHaveProperty('caller')
  expect(door.admit(bearer(before(asked)), asked)).toHaveProperty('caller')
})

test('more callers than it remembers are refused, until those before have nothing that is good any more', () => {
  const door = new Door('order', file)
  const now = Date.now()
  const admit = (at: number) => door.admit(bearer(shownBy('console', 'order')(asked)), asked, at)
  for (let n = 0; n < 64; n++) expect(admit(now)).toHaveProperty('caller')
  expect(admit(now)).toEqual({ refused: 'crowded' })
  vi.useFakeTimers({ now: now + 41_000 })
  expect(admit(Date.now())).toHaveProperty('caller')
})

test('a collector of metrics shows what follows from the key, and nothing else that does', () => {
  const door = new Door('order', file)
  expect(door.admitsScraper(`Bearer ${scrapeToken(new ServiceKeys(file).newest)}`)).toBe(true)
  for (const wrong of [undefined, 'Bearer ', `Bearer ${freshKey()}`, bearer(shownBy('a', 'order')(asked))])
    expect(door.admitsScraper(wrong)).toBe(false)
})

test('a file without keys is refused', () => {
  for (const text of [[], ['short'], Array.from({ length: 9 }, freshKey)])
    expect(() => new ServiceKeys(write(...text))).toThrow(/32 bytes or more/)
  expect(() => new ServiceKeys(join(folder, 'none'))).toThrow(/ENOENT/)
})
