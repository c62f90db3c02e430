import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

/** By the protocol's numbers. */
export const SCRAM_MECHANISMS = { 1: 'SCRAM-SHA-256', 2: 'SCRAM-SHA-512' } as const
export type ScramMechanismId = keyof typeof SCRAM_MECHANISMS
export type ScramName = (typeof SCRAM_MECHANISMS)[ScramMechanismId]

export const isScramId = (id: number): id is ScramMechanismId => id === 1 || id === 2
export const scramIdOf = (name: ScramName): ScramMechanismId => (name === 'SCRAM-SHA-256' ? 1 : 2)

export const MIN_ITERATIONS = 4096
export const MAX_ITERATIONS = 16_384

/** What is kept instead of a password (RFC 5802); binary as Base64. Whoever has it cannot log in with it. */
export interface ScramCredential {
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
  readonly iterations: number
}

const hashName = (id: ScramMechanismId) => (id === 1 ? 'sha256' : 'sha512')

export const keyLength = (id: ScramMechanismId): number => (id === 1 ? 32 : 64)

export const hmac = (id: ScramMechanismId, key: Buffer, data: string | Buffer): Buffer =>
  createHmac(hashName(id), key).update(data).digest()

export const hash = (id: ScramMechanismId, data: Buffer): Buffer => createHash(hashName(id)).update(data).digest()

/** What is kept for a password that a client has salted. */
export function credentialOfSalted(
  id: ScramMechanismId,
  saltedPassword: Buffer,
  salt: Buffer,
  iterations: number,
): ScramCredential {
  return {
    salt: salt.toString('base64'),
    storedKey: hash(id, hmac(id, saltedPassword, 'Client Key')).toString('base64'),
    serverKey: hmac(id, saltedPassword, 'Server Key').toString('base64'),
    iterations,
  }
}

export const saltedPassword = (id: ScramMechanismId, password: string, salt: Buffer, iterations: number): Buffer =>
  pbkdf2Sync(password, salt, iterations, keyLength(id), hashName(id))

export function credentialOf(
  id: ScramMechanismId,
  password: string,
  iterations = MIN_ITERATIONS,
  salt = randomBytes(24),
): ScramCredential {
  return credentialOfSalted(id, saltedPassword(id, password, salt, iterations), salt, iterations)
}
