import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { generateKeyPair, isSealed, privateKeysFrom, publicKeyFrom, Sealer, Unsealer } from './index.ts'

const old = generateKeyPair()
const current = generateKeyPair()
const sealer = new Sealer(publicKeyFrom(current.publicPem))
const unsealer = new Unsealer(privateKeysFrom(current.privatePem + old.privatePem))

const reason = (sealed: string, context = 'order-1', opens = unsealer): string | undefined => {
  try {
    opens.open(sealed, context)
    return undefined
  } catch (error) {
    return (error as { reason: string }).reason
  }
}

test('whatever is sealed opens for its context, and shows nothing of itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
      const sealed = sealer.seal(text, context)
      expect(isSealed(sealed)).toBe(true)
      expect(unsealer.open(sealed, context)).toBe(text)
      expect(sealed).not.toBe(sealer.seal(text, context))
    }),
  )
  expect(sealer.seal('tok_secret', 'order-1')).not.toContain('tok_')
})

test('opens for no other context', () => {
  expect(reason(sealer.seal('tok_ok', 'order-1'), 'order-2')).toBe('damaged')
})

test('a text of which anything was changed does not open', () => {
  const sealed = sealer.seal('tok_ok', 'order-1')
  const other = (character: string) => (character === 'A' ? 'B' : 'A')
  for (let i = 0; i < sealed.length; i++) {
    // The last character of each base64url part holds bits that mean nothing.
    if (i + 1 === sealed.length || sealed[i + 1] === '.') continue
    expect(reason(sealed.slice(0, i) + other(sealed[i]!) + sealed.slice(i + 1)), `at ${i}`).toBeDefined()
  }
  for (let length = 0; length < sealed.length; length++) expect(reason(sealed.slice(0, length))).toBeDefined()
})

describe('keys', () => {
  test('that were replaced open what was sealed for them', () => {
    const before = new Sealer(publicKeyFrom(old.publicPem)).seal('tok_ok', 'order-1')
    expect(unsealer.open(before, 'order-1')).toBe('tok_ok')
  })

  test('that are not there are named', () => {
    const sealed = new Sealer(publicKeyFrom(generateKeyPair().publicPem)).seal('tok_ok', 'order-1')
    expect(reason(sealed)).toBe('unknown_key')
  })

  test('are read from the PEM of either half, the newest first', () => {
    const sealed = new Sealer(publicKeyFrom(current.privatePem + old.privatePem)).seal('tok_ok', 'order-1')
    expect(new Unsealer(privateKeysFrom(current.privatePem)).open(sealed, 'order-1')).toBe('tok_ok')
    expect(() => privateKeysFrom('nothing')).toThrow('no private key')
  })

  test('of the sealing process are drawn anew every hour', () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const ephemeral = () => sealer.seal('tok_ok', 'order-1').split('.')[3]
      const first = ephemeral()
      vi.advanceTimersByTime(59 * 60_000)
      const second = ephemeral()
      vi.advanceTimersByTime(2 * 60_000)
      expect(second).toBe(first)
      expect(ephemeral()).not.toBe(first)
    } finally {
      vi.useRealTimers()
    }
  })

  test('of more processes than are remembered are derived again', () => {
    const publicKey = publicKeyFrom(current.publicPem)
    const many = Array.from({ length: 300 }, (_, i) => new Sealer(publicKey).seal(`tok_${i}`, 'order-1'))
    for (const [i, sealed] of [...many, ...many].entries())
      expect(unsealer.open(sealed, 'order-1')).toBe(`tok_${i % 300}`)
  })
})
