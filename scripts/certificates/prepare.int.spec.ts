import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareCertificates } from './prepare.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-certificates-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, `${name}.pem`)
const read = (name: string): string => readFileSync(at(name), 'utf8')
const servers = () => [
  { name: 'broker', file: at('broker') },
  { name: 'postgres', file: at('postgres') },
]

/** What a client that believes this authority says of the broker, when it calls it by a name. */
const handshake = async (authority: string, servername: string): Promise<string> => {
  const server = createServer({ key: read('broker'), cert: read('broker') }, (socket) => {
    socket.on('error', () => undefined).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', servername, ca: authority })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol()!
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    socket.destroy()
    server.close()
  }
}

test('a client that believes the authority believes the server by its name, and by no other', async () => {
  expect(await prepareCertificates(at('ca'), servers())).toBe(true)
  expect(await handshake(read('ca'), 'broker')).toBe('TLSv1.3')
  expect(await handshake(read('ca'), 'postgres')).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
  const other = read('ca')
  await prepareCertificates(at('ca'), servers(), { rotate: true })
  expect(await handshake(other, 'broker')).toMatch(/SIGNATURE|UNABLE_TO_VERIFY/)
})

test('what a certificate is for is said in it', async () => {
  await prepareCertificates(at('ca'), servers())
  const [server, authority] = [new X509Certificate(read('broker')), new X509Certificate(read('ca'))]
  expect([authority.ca, server.ca]).toEqual([true, false])
  expect(server.checkIssued(authority)).toBe(true)
  expect(authority.checkIssued(authority)).toBe(true)
  expect([server.subjectAltName, server.keyUsage]).toEqual(['DNS:broker', ['1.3.6.1.5.5.7.3.1']])
  expect(BigInt(`0x${server.serialNumber}`)).not.toBe(BigInt(`0x${authority.serialNumber}`))
})

test('what is there stays, until one is missing, is of another authority, or over', async () => {
  await prepareCertificates(at('ca'), servers())
  const before = ['ca', 'broker', 'postgres'].map(read)
  expect(await prepareCertificates(at('ca'), servers())).toBe(false)
  expect(['ca', 'broker', 'postgres'].map(read)).toEqual(before)
  rmSync(at('postgres'))
  expect(await prepareCertificates(at('ca'), servers())).toBe(true)
  expect(['ca', 'broker', 'postgres'].map(read).filter((text) => before.includes(text))).toEqual([])
  await prepareCertificates(at('other'), [{ name: 'broker', file: at('broker') }])
  expect(await prepareCertificates(at('ca'), servers())).toBe(true)
  expect(await prepareCertificates(at('ca'), servers(), { now: new Date(Date.now() + 4_000 * 86_400_000) })).toBe(true)
})

test('the keys are for their user only', async () => {
  await prepareCertificates(at('ca'), servers())
  expect(['ca', 'broker', 'postgres'].map((name) => statSync(at(name)).mode & 0o777)).toEqual([0o644, 0o600, 0o600])
})
