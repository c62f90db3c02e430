import { expect, test } from 'vitest'
import { plainUsers, readJaas } from './jaas.ts'

const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule'

test('users are read with what is in quotes as it is', () => {
  const entry = readJaas(`${MODULE} required username="x" user_alice="a \\"b\\" ; c=d" user_bob=plain user_c='e';`)
  if ('problem' in entry) throw new Error(entry.problem)
  expect(entry.module).toBe(MODULE)
  expect([...plainUsers(entry)]).toEqual([
    ['alice', 'a "b" ; c=d'],
    ['bob', 'plain'],
    ['c', 'e'],
  ])
})

test.each([
  '',
  MODULE,
  `${MODULE} required`,
  `${MODULE} required user_a="hunter2"`,
  `${MODULE} maybe user_a="hunter2";`,
  `${MODULE} required user_a "hunter2";`,
  `${MODULE} required user_a="hunter2;`,
  `${MODULE} required user_a=;`,
  `${MODULE} required "hunter2";`,
])('%s is refused, without a word of it', (text) => {
  const read = readJaas(text)
  expect(read).toMatchObject({ problem: expect.stringContaining('no JAAS configuration') })
  expect(JSON.stringify(read)).not.toContain('hunter2')
})
