import { expect, test } from 'vitest'
import { Leaving, loginAddress } from './login.ts'

test('the login leads back to where one was', () => {
  const address = loginAddress({ pathname: '/orders', search: '?status=placed&q=a%20b' })
  expect(new URL(address, 'http://here').searchParams.get('to')).toBe('/orders?status=placed&q=a%20b')
})

test('a tab goes to the login once until somebody is logged in, however many requests are refused', () => {
  const stored = new Map<string, string>()
  const tab = {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  }
  const visited: string[] = []
  const page = { pathname: '/', search: '', assign: (to: string | URL) => void visited.push(String(to)) }
  const load = () =>
    new Leaving(
      () => tab,
      () => page,
    )
  const first = load()
  expect([first.leave(), first.leave()]).toEqual([true, true])
  expect(visited).toEqual(['/auth/login?to=%2F'])

  const without = load()
  expect(without.leave(), 'the login has led to no session').toBe(false)
  without.loggedIn()
  expect(without.leave(), 'a session that was is over').toBe(true)
  without.isBack()
  expect(without.leave(), 'the login was not finished').toBe(false)
  expect(visited).toHaveLength(2)
})
