import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Step } from './mechanism.ts'
import { scramMechanism } from './scram.ts'
import {
  credentialOf,
  hash,
  hmac,
  type ScramCredential,
  type ScramName,
  saltedPassword,
  scramIdOf,
} from './scram-credential.ts'

const NAMES = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

/** The client's side, as RFC 5802 has it. */
function finalOf(mechanism: ScramName, firstBare: string, serverFirst: string, password: string): string {
  const id = scramIdOf(mechanism)
  const [, nonce, salt, iterations] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst)!
  const salted = saltedPassword(id, password, Buffer.from(salt!, 'base64'), Number(iterations))
  const clientKey = hmac(id, salted, 'Client Key')
  const withoutProof = `c=biws,r=${nonce}`
  const signature = hmac(id, hash(id, clientKey), `${firstBare},${serverFirst},${withoutProof}`)
  return `${withoutProof},p=${Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64')}`
}

const escaped = (name: string) => name.replaceAll('=', '=3D').replaceAll(',', '=2C')

function login(mechanism: ScramName, users: Record<string, ScramCredential>, name: string, password: string): Step {
  const exchange = scramMechanism(mechanism, (user) => (Object.hasOwn(users, user) ? users[user] : undefined)).begin()
  const bare = `n=${escaped(name)},r=fyko`
  const challenge = exchange.next(Buffer.from(`n,,${bare}`)) as Step
  if (challenge.type !== 'challenge') return challenge
  return exchange.next(Buffer.from(finalOf(mechanism, bare, challenge.reply.toString(), password))) as Step
}

test('the example of RFC 7677', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const credential = credentialOf(1, 'pencil', 4096, salt)
  const nonce = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const exchange = scramMechanism(
    'SCRAM-SHA-256',
    () => credential,
    () => nonce,
  ).begin()
  expect(exchange.next(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))).toEqual({
    type: 'challenge',
    reply: Buffer.from(`r=rOprNGfwEbeRWgbNEkqO${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`),
  })
  const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
  expect(exchange.next(Buffer.from(`c=biws,r=rOprNGfwEbeRWgbNEkqO${nonce},p=${proof}`))).toEqual({
    type: 'proven',
    reply: Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='),
    name: 'user',
  })
})

describe.each(NAMES)('%s', (mechanism) => {
  const id = scramIdOf(mechanism)

  test('whoever knows the password is let in, whatever characters it and the name have, and nobody else', () => {
    const text = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }).filter((it) => !it.includes('\0'))
    fc.assert(
      fc.property(text, text, text, (name, password, other) => {
        const users = { [name]: credentialOf(id, password) }
        expect(login(mechanism, users, name, password)).toMatchObject({ type: 'proven', name })
        if (other !== password) expect(login(mechanism, users, name, other).type).toBe('refused')
        if (other !== name) expect(login(mechanism, users, other, password).type).toBe('refused')
      }),
      { numRuns: 30 },
    )
  })

  test('nothing tells before the end whether there is such a user, and that not by asking twice', () => {
    const users: Record<string, ScramCredential> = { known: credentialOf(id, 'password') }
    const saltOf = (name: string) => {
      const exchange = scramMechanism(mechanism, (user) => users[user]).begin()
      const challenge = exchange.next(Buffer.from(`n,,n=${name},r=x`)) as Step & { type: 'challenge' }
      return /s=(.*),i=4096$/.exec(challenge.reply.toString())![1]!
    }
    expect(saltOf('nobody')).toBe(saltOf('nobody'))
    expect(saltOf('nobody')).not.toBe(saltOf('noone'))
    expect(saltOf('nobody')).toHaveLength(saltOf('known').length)
  })

  test('whatever is said, nobody is let in who does not know the password', () => {
    const users = { alice: credentialOf(id, 'password') }
    const piece = fc.oneof(
      fc.constantFrom('n,,', 'n=alice', 'r=', 'c=biws', 'p=', ',', '=', 'a=alice', 'y,,', 'p=tls-unique,,', '\0'),
      fc.string({ maxLength: 8 }),
    )
    const message = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 3 }), (messages) => {
        const exchange = scramMechanism(mechanism, (user) => users[user as 'alice']).begin()
        let step: Step | undefined
        for (const text of messages) {
          if (step?.type === 'refused') break
          step = exchange.next(Buffer.from(text)) as Step
        }
        expect(step!.type).not.toBe('proven')
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['a proof of another length', (final: string) => final.replace(/p=.*$/, 'p=AAAA')],
    ['another nonce', (final: string) => final.replace('r=', 'r=x')],
    ['another channel binding', (final: string) => final.replace('c=biws', 'c=eSws')],
    ['a changed proof', (final: string) => final.replace(/p=(.)/, (_, c) => `p=${c === 'A' ? 'B' : 'A'}`)],
  ])('%s is refused', (_what, change) => {
    const exchange = scramMechanism(mechanism, () => credentialOf(id, 'password')).begin()
    const bare = 'n=alice,r=fyko'
    const challenge = exchange.next(Buffer.from(`n,,${bare}`)) as Step & { type: 'challenge' }
    const final = finalOf(mechanism, bare, challenge.reply.toString(), 'password')
    expect(exchange.next(Buffer.from(change(final)))).toMatchObject({ type: 'refused' })
  })
})
