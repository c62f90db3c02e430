import { expect, test } from 'vitest'
import { parseOptions, UsageError } from './options.ts'

test('what is not said has a default', () => {
  expect(parseOptions([], {}, '/repo')).toEqual({
    data: '/repo/.waybill',
    port: 8080,
    samples: true,
    fresh: false,
    verbose: false,
    brokerPort: 9092,
    postgresPort: 54329,
  })
})

test('arguments and environment', () => {
  const args = ['--data', '/tmp/x', '--port', '8123', '--no-samples', '--fresh', '--verbose']
  const env = { BROKER_PORT: '19092', POSTGRES_PORT: '', DATABASE_URL: 'postgresql://u@h/d', KAFKA_BROKERS: 'a:1,b:2' }
  expect(parseOptions(args, env, '/repo')).toEqual({
    data: '/tmp/x',
    port: 8123,
    samples: false,
    fresh: true,
    verbose: true,
    brokerPort: 19092,
    postgresPort: 54329,
    databaseUrl: 'postgresql://u@h/d',
    kafkaBrokers: 'a:1,b:2',
  })
})

test.each([
  [['--port', 'http'], {}, /--port: http is not a port/],
  [['--port', '70000'], {}, /--port: 70000/],
  [['--prot', '1'], {}, /--prot/],
  [['extra'], {}, /extra/],
  [[], { BROKER_PORT: '0' }, /BROKER_PORT/],
  [[], { DATABASE_URL: 'mysql://x' }, /DATABASE_URL/],
  [[], { KAFKA_ACCESS: 'yes' }, /KAFKA_ACCESS: on or off/],
  [[], { KAFKA_ACCESS: 'on', KAFKA_BROKERS: 'a:1' }, /KAFKA_ACCESS: users of a Kafka/],
])('%j with %j is refused by name', (args, env, message) => {
  expect(() => parseOptions(args, env, '/repo')).toThrow(UsageError)
  expect(() => parseOptions(args, env, '/repo')).toThrow(message)
})
