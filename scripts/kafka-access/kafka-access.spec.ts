import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { kafkaUsers } from '#libs/contracts'
import { readConfig } from '../../apps/broker/src/config.ts'
import { kafkaPasswordsIn } from '../key-files.ts'
import { PORT_NAMES, type Ports, planProcesses } from '../processes.ts'
import { parseOptions } from '../supervisor/options.ts'
import { ADMIN, firstUserFile, passwordFile, preparePasswords, readPassword } from './password-files.ts'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'waybill-access-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const passwords = () => [ADMIN, ...kafkaUsers].map((user) => readPassword(kafkaPasswordsIn(data), user))

test('everybody has a password of their own, which stays until it is rotated; that of the admin stays then, too', () => {
  const folder = kafkaPasswordsIn(data)
  preparePasswords(folder)
  const before = passwords()
  expect(new Set(before).size).toBe(kafkaUsers.length + 1)
  for (const file of [passwordFile(folder, 'order'), firstUserFile(folder)])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  preparePasswords(folder)
  expect(passwords()).toEqual(before)
  preparePasswords(folder, { rotate: true })
  const [admin, ...others] = passwords()
  expect(admin).toBe(before[0])
  expect(others.filter((password) => before.includes(password))).toEqual([])
})

test('with KAFKA_ACCESS each process is told who it is, and the broker that it asks', async () => {
  preparePasswords(kafkaPasswordsIn(data))
  const options = parseOptions(['--data', data], { KAFKA_ACCESS: 'on', BROKER_PORT: '19092' }, '/')
  const ports = Object.fromEntries(PORT_NAMES.map((name, i) => [name, 20_000 + i])) as Ports
  const launches = await Promise.all(
    planProcesses(options, ports).map(
      async ({ name, launch }) => [name, name === 'postgres' ? {} : await launch()] as const,
    ),
  )
  const of = Object.fromEntries(launches) as Record<string, { args: string[]; env: Record<string, string> }>
  for (const user of kafkaUsers)
    expect(of[user]!.env).toMatchObject({
      ...{ KAFKA_SASL_USERNAME: user, KAFKA_SASL_PASSWORD_FILE: passwordFile(kafkaPasswordsIn(data), user) },
    })
  const { args } = of.broker!
  const read = readConfig(args.slice(args.findIndex((arg) => arg.startsWith('--host'))), {})
  if (read === 'help' || 'problems' in read) throw new Error(JSON.stringify(read))
  expect(read.listeners.map(({ securityProtocol, address }) => [securityProtocol, address.port])).toEqual([
    ['SASL_PLAINTEXT', 19_092],
  ])
  expect(read.scramUsers.map(({ user }) => user)).toEqual([ADMIN])
  expect(read.settings.values).toMatchObject({ 'super.users': 'User:admin', 'allow.everyone.if.no.acl.found': false })
  expect(readFileSync(passwordFile(kafkaPasswordsIn(data), 'order'), 'utf8')).toMatch(/^[\w-]{32}$/)
})

test('without it nobody is asked', async () => {
  const ports = Object.fromEntries(PORT_NAMES.map((name, i) => [name, 20_000 + i])) as Ports
  const plans = planProcesses(parseOptions(['--data', data], {}, '/'), ports)
  const order = await plans.find(({ name }) => name === 'order')!.launch()
  expect(order.env).not.toHaveProperty('KAFKA_SECURITY_PROTOCOL')
})
