import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { byHand, COMPOSE_SERVICES } from './by-hand.ts'

/** They run once and are over. */
const ONCE = ['migrate', 'keys', 'certificates']

test('what is to be typed is about the services that compose runs', () => {
  const compose = readFileSync(join(import.meta.dirname, '../../../../docker-compose.yml'), 'utf8')
  const services = compose.slice(compose.indexOf('\nservices:\n')).split(/^volumes:$/m)[0]!
  const names = [...services.matchAll(/^ {2}(\w+):$/gm)].map(([, name]) => name!)
  expect(names.filter((name) => !ONCE.includes(name)).sort()).toEqual([...COMPOSE_SERVICES].sort())
  expect(byHand('payment').kill).toBe('docker compose kill -s KILL payment')
})
