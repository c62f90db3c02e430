import { expect, test } from 'vitest'
import { mailboxOf, tooOften } from './asking.ts'

const limits = { perAddress: 3, inAll: 10 }

test('an address is asked three times a day, and all together no more than they may be', () => {
  expect(tooOften({ thisAddress: 2, inAll: 9 }, limits)).toBeUndefined()
  expect(tooOften({ thisAddress: 3, inAll: 3 }, limits)).toMatch(/this address was asked 3 times/)
  expect(tooOften({ thisAddress: 0, inAll: 10 }, limits)).toMatch(/10 addresses/)
})

test.each(['ann@example.com', 'Ann@Example.com', 'ann+orders@example.com', 'ANN+a+b@example.com'])(
  '%s is the mailbox of ann',
  (address) => {
    expect(mailboxOf(address)).toBe('ann@example.com')
  },
)

test('whoever only looks alike is somebody else', () => {
  expect(mailboxOf('ann.b@example.com')).toBe('ann.b@example.com')
  expect(mailboxOf('"a@b"+c@example.com')).toBe('"a@b"@example.com')
})
