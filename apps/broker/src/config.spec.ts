import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const read = (...args: string[]) => readConfig(['--data-dir', '/d', ...args], {})

test('everything has a default but the data directory', () => {
  expect(read()).toMatchObject({
    listeners: [
      {
        ...{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT' },
        ...{ address: { host: '127.0.0.1', port: 9092 }, advertised: { host: '127.0.0.1' } },
      },
    ],
    httpPort: undefined,
  })
  expect(readConfig([], {})).toEqual({ problems: ['missing --data-dir: the directory to keep topics in'] })
})

test('the command line is stronger than the environment', () => {
  const env = { BROKER_DATA_DIR: '/env', BROKER_PORT: '1', BROKER_HOST: '0.0.0.0' }
  expect(readConfig(['--port', '2'], env)).toMatchObject({
    ...{ dataDir: '/env', listeners: [{ address: { port: 2, host: '0.0.0.0' } }] },
  })
})

test('problems are reported together', () => {
  expect(readConfig(['--port', 'x', '--set', 'foo=1', '--set', 'num.partitions=x'], {})).toEqual({
    problems: [
      'bad value for port: "x" is not a port',
      'missing --data-dir: the directory to keep topics in',
      'unknown setting "foo"',
      'bad value for "num.partitions": "x": Not a number of type INT',
    ],
  })
  expect(read('--bogus')).toMatchObject({ problems: [expect.stringContaining('--bogus')] })
})

test.each([
  [['--host', '0.0.0.0'], { host: 'localhost' }],
  [['--host', '0.0.0.0', '--advertised-host', 'kafka'], { host: 'kafka' }],
  [['--set', 'advertised.listeners=PLAINTEXT://kafka.example:19092'], { host: 'kafka.example', port: 19092 }],
  [['--set', 'advertised.listeners=PLAINTEXT://[::1]:9093'], { host: '::1', port: 9093 }],
])('%j tells clients to connect to %j', (args, advertised) => {
  expect(read(...args)).toMatchObject({ listeners: [{ advertised }] })
})

test.each(['PLAINTEXT://h', 'h:1', 'PLAINTEXT://h:1,PLAINTEXT://i:2'])('%s cannot be advertised', (listener) => {
  expect(read('--set', `advertised.listeners=${listener}`)).toMatchObject({
    problems: [expect.stringContaining('"advertised.listeners"')],
  })
})

const set = (...entries: string[]) => read(...entries.flatMap((entry) => ['--set', entry]))

test("each of Kafka's listeners is one of its own, and those of a controller quorum are left out", () => {
  const config = set(
    'listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://:2,outside://:3',
    'advertised.listeners=PLAINTEXT://a:1,OUTSIDE://b:4',
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,OUTSIDE:SASL_SSL',
    'listener.name.OUTSIDE.max.connections=5',
  )
  if (typeof config === 'string' || 'problems' in config) throw new Error('refused')
  expect(config.listeners).toMatchObject([
    { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', address: { host: '127.0.0.1', port: 1 } },
    {
      ...{ name: 'OUTSIDE', securityProtocol: 'SASL_SSL', address: { host: '0.0.0.0', port: 3 } },
      advertised: { host: 'b', port: 4 },
    },
  ])
  expect(config.listeners[1]!.settings.get('max.connections')).toBe(5)
  expect(config.listeners[0]!.settings.get('max.connections')).toBe(2 ** 31 - 1)
})

test.each([
  [['advertised.listeners=SSL://h:1'], '"advertised.listeners" names SSL'],
  [['listeners=INSIDE://:1'], '"listener.security.protocol.map" does not say'],
  [['listeners=PLAINTEXT://:1,SSL://:1'], 'twice'],
  [['listener.name.nowhere.ssl.client.auth=none'], 'not in "listeners"'],
  [['listener.name.plaintext.num.partitions=1'], 'cannot be given for one listener'],
  [['listener.name.plaintext.plain.ssl.client.auth=none'], 'cannot be given for one listener'],
  [['sasl.enabled.mechanisms=GSSAPI'], 'There are the mechanisms'],
])('%j is refused: %s', (entries, problem) => {
  expect(set(...entries)).toMatchObject({ problems: [expect.stringContaining(problem)] })
})

test('users to begin with are kept as keys, and what is wrong with one is said without it', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waybill-')), 'users')
  writeFileSync(file, '# of the first day\nSCRAM-SHA-512=[name="b",password="hunter2",iterations=8192]\n')
  const config = read('--add-scram', 'SCRAM-SHA-256=[name=a,password=hunter2]', '--add-scram-file', file)
  if (typeof config === 'string' || 'problems' in config) throw new Error('refused')
  expect(config.scramUsers).toMatchObject([
    { user: 'b', mechanism: 2, credential: { iterations: 8192 } },
    { user: 'a', mechanism: 1, credential: { iterations: 4096 } },
  ])
  expect(JSON.stringify(config.scramUsers)).not.toContain('hunter2')
  for (const spec of ['hunter2', 'SCRAM-SHA-1=[name=a,password=hunter2]', 'SCRAM-SHA-256=[password=hunter2]']) {
    const refused = read('--add-scram', spec)
    expect(refused).toMatchObject({ problems: [expect.stringContaining('bad user to add')] })
    expect(JSON.stringify(refused)).not.toContain('hunter2')
  }
})

test("Kafka's server.properties is read, and --set is stronger", () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waybill-')), 'server.properties')
  writeFileSync(file, '# a comment\n\nnum.partitions = 3\nnum.io.threads=8\nlog.segment.\\\n  bytes=1000\n')
  const config = read('--config', file, '--set', 'log.segment.bytes=2000')
  if (typeof config === 'string' || 'problems' in config) throw new Error('refused')
  expect(config.settings.values).toMatchObject({ 'num.partitions': 3, 'log.segment.bytes': 2000 })
  expect(config.notes).toHaveLength(1)
  expect(read('--config', '/nowhere')).toMatchObject({ problems: [expect.stringContaining('/nowhere')] })
})

test('help is given', () => expect(read('--help')).toBe('help'))
