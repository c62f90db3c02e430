import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseConfig, serviceEnvironment } from './config.ts'

const shape = { ...serviceEnvironment, PAYMENT_URL: z.url() }
const environment = {
  PORT: '8081',
  INSTANCE_ID: 'order-1',
  DATABASE_URL: 'postgresql://localhost:5432/waybill_order',
  KAFKA_BROKERS: 'a:9092, b:9092',
  PAYMENT_URL: 'http://localhost:1',
  PATH: '/bin',
}

test('the environment is read into what the shape says, and frozen', () => {
  const result = parseConfig(shape, environment)
  expect(result).toEqual({
    config: {
      HOST: '127.0.0.1',
      PORT: 8081,
      INSTANCE_ID: 'order-1',
      DATABASE_URL: 'postgresql://localhost:5432/waybill_order',
      KAFKA_BROKERS: ['a:9092', 'b:9092'],
      PRODUCER_COMPRESSION: 'lz4',
      SERVICE_AUTH: 'on',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      TRACES_PER_SECOND: 2,
      PAYMENT_URL: 'http://localhost:1',
    },
  })
  expect('config' in result && Object.isFrozen(result.config)).toBe(true)
})

test('every problem is reported, an empty variable as a missing one', () => {
  const result = parseConfig(shape, { ...environment, PORT: 'http', KAFKA_BROKERS: 'kafka', PAYMENT_URL: '' })
  expect(result).toEqual({
    problems: [
      expect.stringMatching(/^PORT: /),
      'KAFKA_BROKERS: host:port, comma separated',
      'PAYMENT_URL: is required',
    ],
  })
})
