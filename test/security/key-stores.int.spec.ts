import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ListenerSettings } from '../../apps/broker/src/config/listener-settings.ts'
import { TlsCertificates } from '../../apps/broker/src/security/authentication/tls-certificates.ts'
import { TestAuthority } from './certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'waybill-stores-'))
const authority = new TestAuthority(folder, 'ours')
const { key, cert, both } = authority.issue('server')
const pem = [readFileSync(key, 'utf8'), readFileSync(cert, 'utf8')] as const
const one = (text: string) => text.trim().replaceAll('\n', ' ')

const open = (settings: Readonly<Record<string, string>>): TlsCertificates => {
  const certificates = new TlsCertificates(new ListenerSettings('SSL', {}, settings), () => {})
  certificates.close()
  return certificates
}

test('key and certificate come from a file or from the settings, on as many lines as one likes', () => {
  for (const settings of [
    { 'ssl.keystore.location': both },
    { 'ssl.keystore.location': both, 'ssl.keystore.type': 'PEM' },
    { 'ssl.keystore.key': pem[0], 'ssl.keystore.certificate.chain': pem[1] },
    { 'ssl.keystore.key': one(pem[0]), 'ssl.keystore.certificate.chain': one(pem[1]) },
  ])
    expect(open(settings).expires!.getTime()).toBeGreaterThan(Date.now())
})

test('a PKCS12 file is opened with its password', () => {
  const p12 = join(folder, 'server.p12')
  execFileSync('openssl', ['pkcs12', '-export', '-inkey', key, '-in', cert, '-out', p12, '-passout', 'pass:hunter2'])
  expect(open({ 'ssl.keystore.location': p12, 'ssl.keystore.password': 'hunter2' }).expires).toBeUndefined()
  expect(() => open({ 'ssl.keystore.location': p12, 'ssl.keystore.password': 'wrong' })).toThrow(/mac/)
  expect(() => open({ 'ssl.keystore.location': p12, 'ssl.keystore.type': 'PEM' })).toThrow('is not of the type PEM')
})

test.skipIf(spawnSync('keytool', ['-help']).status !== 0)("Java's own format is refused with the way out", () => {
  const jks = join(folder, 'server.jks')
  const password = ['-storepass', 'hunter2', '-keypass', 'hunter2']
  const args = ['-genkeypair', '-alias', 'a', '-keyalg', 'EC', '-dname', 'CN=a', '-storetype', 'JKS', ...password]
  execFileSync('keytool', [...args, '-keystore', jks], { stdio: 'ignore' })
  expect(() => open({ 'ssl.keystore.location': jks })).toThrow('-deststoretype PKCS12')
})

test('what cannot work is said', () => {
  const foreign = new TestAuthority(folder, 'theirs').issue('other')
  const mixed = join(folder, 'mixed.pem')
  writeFileSync(mixed, readFileSync(foreign.key, 'utf8') + pem[1])
  expect(() => open({})).toThrow('ssl.keystore.location')
  expect(() => open({ 'ssl.keystore.location': mixed })).toThrow(/key values mismatch/)
  expect(() => open({ 'ssl.keystore.location': cert })).toThrow('no private key')
  expect(() => open({ 'ssl.keystore.location': both, 'ssl.client.auth': 'required' })).toThrow('truststore.location')
  const trusting = { 'ssl.keystore.location': both, 'ssl.client.auth': 'required' }
  expect(() => open({ ...trusting, 'ssl.truststore.location': key })).toThrow('no PEM file with certificates')
  expect(() => open({ 'ssl.keystore.location': both, 'ssl.cipher.suites': 'NOTHING' })).toThrow(/cipher/)
})
