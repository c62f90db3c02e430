import { useQuery } from '@tanstack/react-query'
import type { GuardedRoute } from '../../../src/auth/access.ts'
import { leaving } from './login.ts'
import { ask, tell } from './request.ts'
import type { Me } from './types.ts'

/** Who looks at the page. */
export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => {
      const me = await ask<Me>('/api/me', signal)
      leaving.loggedIn()
      return me
    },
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Whether the gateway would let whoever looks ask for this; nothing as long as nobody knows who that is. */
export const useMay = (): ((route: GuardedRoute) => boolean) => {
  const { data: me } = useMe()
  return (route) => me !== undefined && (me.auth === 'off' || me.may.includes(route))
}

/** Ends the session of this browser, or all of whoever looks; then the page is left. */
export const logOut = async (where: 'here' | 'everywhere'): Promise<void> => {
  await tell('POST', where === 'here' ? '/auth/logout' : '/auth/logout-everywhere')
  location.assign('/auth/logged-out')
}
