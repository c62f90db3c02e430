import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'

const read = (...args: string[]) => readConfig(['--data-dir', '/d', ...args], {})

test('everything has a default but the data directory', () => {
  expect(read()).toMatchObject({
    host: '127.0.0.1',
    port: 9092,
    advertised: { host: '127.0.0.1' },
    httpPort: undefined,
  })
  expect(readConfig([], {})).toEqual({ problems: ['missing --data-dir: the directory to keep topics in'] })
})

test('the command line is stronger than the environment', () => {
  const env = { BROKER_DATA_DIR: '/env', BROKER_PORT: '1', BROKER_HOST: '0.0.0.0' }
  expect(readConfig(['--port', '2'], env)).toMatchObject({ dataDir: '/env', port: 2, host: '0.0.0.0' })
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
  expect(read(...args)).toMatchObject({ advertised })
})

test.each(['SSL://h:1', 'PLAINTEXT://h', 'PLAINTEXT://h:1,PLAINTEXT://i:2', 'h:1'])(
  '%s cannot be advertised',
  (listener) => {
    expect(read('--set', `advertised.listeners=${listener}`)).toMatchObject({
      problems: [expect.stringContaining('"advertised.listeners"')],
    })
  },
)

test("Kafka's server.properties is read, and --set is stronger", () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waybill-')), 'server.properties')
  writeFileSync(file, '# a comment\n\nnum.partitions = 3\nnum.io.threads=8\nlog.segment.bytes=1000\n')
  const config = read('--config', file, '--set', 'log.segment.bytes=2000')
  if (typeof config === 'string' || 'problems' in config) throw new Error('refused')
  expect(config.settings.values).toMatchObject({ 'num.partitions': 3, 'log.segment.bytes': 2000 })
  expect(config.notes).toHaveLength(1)
  expect(read('--config', '/nowhere')).toMatchObject({ problems: [expect.stringContaining('/nowhere')] })
})

test('help is given', () => expect(read('--help')).toBe('help'))
