import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type KafkaSecurity, readKafkaSecurity } from './kafka-security.ts'

const SASL = { KAFKA_SECURITY_PROTOCOL: 'sasl_plaintext', KAFKA_SASL_USERNAME: 'alice' }

const read = (env: Record<string, string>): KafkaSecurity => {
  const security = readKafkaSecurity(env)
  if ('problems' in security) throw new Error(security.problems.join('; '))
  return security
}

test('without a word there is neither encryption nor login', () => expect(read({})).toEqual({}))

test('a password may be in a file, and is another one when the file is', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waybill-secret-')), 'password')
  writeFileSync(file, 'first \n')
  const { sasl, tls } = read({ ...SASL, KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_PASSWORD_FILE: file })
  if (sasl?.mechanism !== 'SCRAM-SHA-512') throw new Error('another mechanism')
  expect([sasl.username, sasl.password(), tls]).toEqual(['alice', 'first ', undefined])
  writeFileSync(file, 'second')
  expect(sasl.password()).toBe('second')
})

test('everything that is wrong is said together, and no secret with it', () => {
  const problems = (env: Record<string, string>) => readKafkaSecurity({ ...env, KAFKA_SASL_PASSWORD: 'hunter2' })
  expect(problems({ KAFKA_SECURITY_PROTOCOL: 'TLS' })).toEqual({
    problems: ['KAFKA_SECURITY_PROTOCOL: one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL'],
  })
  const wrong = problems({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SSL_CA: 'hunter2',
    KAFKA_SSL_KEY_FILE: '/nowhere',
  })
  expect(wrong).toEqual({
    problems: [
      expect.stringContaining('KAFKA_SSL_KEY_FILE: ENOENT'),
      expect.stringContaining('KAFKA_SSL_…'),
      expect.stringContaining('KAFKA_SASL_MECHANISM: one of'),
      expect.stringContaining('KAFKA_SASL_USERNAME: is needed'),
    ],
  })
  expect(JSON.stringify(wrong)).not.toContain('hunter2')
})
