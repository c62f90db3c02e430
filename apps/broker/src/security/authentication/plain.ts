import { createHash, timingSafeEqual } from 'node:crypto'
import { type Mechanism, OTHER_AUTHORIZATION_ID, type Step } from './mechanism.ts'

/** SASL PLAIN (RFC 4616): the password itself, so only for listeners with encryption. `users`: password by name. */
export function plainMechanism(users: ReadonlyMap<string, string>): Mechanism {
  return { name: 'PLAIN', begin: () => ({ next: (token) => check(token, users) }) }
}

function check(token: Buffer, users: ReadonlyMap<string, string>): Step {
  const parts = token.toString('utf8').split('\0')
  if (parts.length !== 3) return refused('Invalid SASL/PLAIN response: expected 3 tokens, got another number')
  const [authorizationId, username, password] = parts as [string, string, string]
  if (username === '') return refused('Authentication failed: username not specified')
  if (password === '') return refused('Authentication failed: password not specified')
  const expected = users.get(username)
  // The same work for a name that nobody has.
  const isRight = isSame(password, expected ?? '') && expected !== undefined
  if (!isRight) return refused('Authentication failed: Invalid username or password')
  if (authorizationId !== '' && authorizationId !== username) return refused(OTHER_AUTHORIZATION_ID)
  return { type: 'proven', reply: Buffer.alloc(0), name: username }
}

/** In a time that tells nothing, not even the length. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const refused = (message: string): Step => ({ type: 'refused', reason: message, message })
