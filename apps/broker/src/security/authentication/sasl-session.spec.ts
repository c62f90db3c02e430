import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrorCode } from '#libs/kafka-protocol'
import { ManualClock } from '../../clock.fixture.ts'
import { principalText } from '../principal.ts'
import type { Mechanism, Step } from './mechanism.ts'
import { SaslSession } from './sasl-session.ts'

const LIFETIME = 10_000
const ILLEGAL = ErrorCode.ILLEGAL_SASL_STATE

/** Says what the test wants said: `name` is proven, `?` asks for more, anything else is refused. */
const obedient = (name: string): Mechanism => ({
  name,
  begin: () => ({
    next: (token): Step => {
      const text = token.toString()
      if (text === '?') return { type: 'challenge', reply: Buffer.from('more') }
      if (text === '') return { type: 'refused', reason: 'nobody' }
      return { type: 'proven', reply: Buffer.from('ok'), name: text }
    },
  }),
})

function session(maxSessionMs = 0) {
  const clock = new ManualClock()
  const outcomes: (string | undefined)[] = []
  const sasl = new SaslSession({
    mechanisms: [obedient('A'), obedient('B')],
    maxSessionMs: () => maxSessionMs,
    failureDelayMs: 100,
    clock,
    report: ({ refusal }) => outcomes.push(refusal),
  })
  /** Lets the delay of a refusal pass. */
  const soon = async <T>(answer: Promise<T>): Promise<T> => {
    await Promise.resolve()
    await new Promise(setImmediate)
    while (clock.ringNext());
    return answer
  }
  return { sasl, clock, outcomes, soon }
}

const token = (text: string) => Buffer.from(text)

test('[43] until it is proven who a client is nothing but ApiVersions and the handshake is answered', async () => {
  const { sasl } = session()
  for (let key = 0; key < 100; key++) expect(sasl.problemWith(key) === undefined).toBe(key === 17 || key === 18)
  expect(await sasl.authenticate(token('alice'))).toMatchObject({ errorCode: ILLEGAL })
  expect(await sasl.handshake('A', 1)).toEqual({ errorCode: 0, mechanisms: ['A', 'B'] })
  expect(sasl.problemWith(3)).toContain('unexpected')
  expect(sasl.isComplete).toBe(false)
  expect(await sasl.authenticate(token('?'))).toMatchObject({ errorCode: 0, authBytes: token('more') })
  expect(await sasl.authenticate(token('alice'))).toMatchObject({ errorCode: 0, sessionLifetimeMs: 0 })
  expect(principalText(sasl.principal)).toBe('User:alice')
  expect(sasl.problemWith(3)).toBeUndefined()
})

test('whoever is refused is told late, in general words, and then it is over', async () => {
  const { sasl, clock, outcomes } = session()
  await sasl.handshake('A', 1)
  let answer: unknown
  const answered = sasl.authenticate(token('')).then((value) => {
    answer = value
  })
  await new Promise(setImmediate)
  clock.pass(99)
  await new Promise(setImmediate)
  expect(answer).toBeUndefined()
  clock.pass(1)
  await answered
  expect(answer).toMatchObject({
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: 'Authentication failed during authentication due to invalid credentials with SASL mechanism A',
  })
  expect(outcomes).toEqual(['nobody'])
  expect(sasl.isOver).toBe(true)
  expect(sasl.problemWith(17)).toBeDefined()
})

test('another mechanism than those that there are ends the connection, and the answer names them', async () => {
  const { sasl, soon } = session()
  expect(await soon(sasl.handshake('GSSAPI', 1))).toEqual({
    errorCode: ErrorCode.UNSUPPORTED_SASL_MECHANISM,
    mechanisms: ['A', 'B'],
  })
  expect(sasl.isOver).toBe(true)
})

test('an exchange has an end', async () => {
  const { sasl, soon } = session()
  await sasl.handshake('A', 1)
  let errorCode: number = 0
  for (let i = 0; i < 100 && errorCode === 0; i++) errorCode = (await soon(sasl.authenticate(token('?')))).errorCode
  expect(errorCode).toBe(ErrorCode.SASL_AUTHENTICATION_FAILED)
})

test('a session that has an end can be prolonged by the same client and by nobody else', async () => {
  const { sasl, clock, soon } = session(LIFETIME)
  await sasl.handshake('A', 1)
  expect(await sasl.authenticate(token('alice'))).toMatchObject({ sessionLifetimeMs: LIFETIME })
  clock.pass(LIFETIME - 1)
  expect(sasl.problemWith(3)).toBeUndefined()
  clock.pass(1)
  expect(sasl.problemWith(3)).toContain('expired')
  expect(await sasl.handshake('A', 1)).toMatchObject({ errorCode: 0 })
  expect(sasl.problemWith(3)).toContain('unexpected')
  expect(await sasl.authenticate(token('alice'))).toMatchObject({ errorCode: 0, sessionLifetimeMs: LIFETIME })
  expect(sasl.problemWith(3)).toBeUndefined()
  expect(await sasl.handshake('A', 1)).toMatchObject({ errorCode: ILLEGAL })
  clock.pass(1000)
  await sasl.handshake('A', 1)
  expect(await soon(sasl.authenticate(token('bob')))).toMatchObject({
    errorCode: ErrorCode.SASL_AUTHENTICATION_FAILED,
    errorMessage: 'Cannot change principals during re-authentication from User.alice: User.bob',
  })
})

test('a session without an end is not begun again', async () => {
  const { sasl } = session()
  await sasl.handshake('A', 1)
  await sasl.authenticate(token('alice'))
  expect(await sasl.handshake('A', 1)).toMatchObject({ errorCode: ILLEGAL })
  expect(await sasl.authenticate(token('alice'))).toMatchObject({ errorCode: ILLEGAL })
  expect(sasl.problemWith(0)).toBeUndefined()
})

test('tokens without headers come after the older handshake only', async () => {
  const { sasl } = session()
  expect(await sasl.takeToken(token('alice'))).toBeUndefined()
  await sasl.handshake('A', 0)
  expect(sasl.expectsToken).toBe(true)
  expect(await sasl.takeToken(token('?'))).toEqual(token('more'))
  expect(await sasl.takeToken(token('alice'))).toEqual(token('ok'))
  expect(sasl.expectsToken).toBe(false)
  const refused = session()
  await refused.sasl.handshake('A', 0)
  expect(await refused.soon(refused.sasl.takeToken(token('')))).toBeUndefined()
  expect(refused.sasl.isOver).toBe(true)
})

const input = fc.oneof(
  fc.record({ do: fc.constant('handshake' as const), mechanism: fc.constantFrom('A', 'B', 'C'), version: fc.nat(1) }),
  fc.record({ do: fc.constant('token' as const), text: fc.constantFrom('?', '', 'alice', 'bob') }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(2 * LIFETIME) }),
)

test('whatever a client does, it is nobody until proven, the same for ever after, and out once refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(input, { maxLength: 20 }), fc.boolean(), async (inputs, ends) => {
      const { sasl, clock, soon } = session(ends ? LIFETIME : 0)
      let proven: string | undefined
      for (const step of inputs) {
        const before = { isOver: sasl.isOver, name: sasl.principal.name }
        if (step.do === 'pass') clock.pass(step.ms)
        else if (step.do === 'handshake') {
          // A connection asks before it begins anything.
          if (sasl.problemWith(17) !== undefined || sasl.expectsToken) continue
          await soon(sasl.handshake(step.mechanism, step.version))
        } else if (sasl.expectsToken) await soon(sasl.takeToken(token(step.text)))
        else if (sasl.problemWith(36) === undefined) await soon(sasl.authenticate(token(step.text)))
        if (before.isOver) expect(sasl.isOver).toBe(true)
        if (sasl.isComplete) proven ??= sasl.principal.name
        expect(sasl.principal.name).toBe(proven ?? 'ANONYMOUS')
        if (sasl.isOver || !sasl.isComplete) expect(sasl.problemWith(3)).toBeDefined()
        if (proven === undefined)
          expect(step.do === 'token' && ['alice', 'bob'].includes(step.text) && sasl.isComplete).toBe(false)
      }
    }),
  )
})
