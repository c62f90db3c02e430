import type { ReactNode } from 'react'
import type { GuardedRoute } from '../../../src/auth/access.ts'
import { useMay } from '../server/me.ts'

interface Props {
  readonly ask: GuardedRoute
  readonly children: ReactNode
}

/** What asks for something, for those who may only: the gateway would refuse it to everybody else. */
export const May = ({ ask, children }: Props) => (useMay()(ask) ? children : null)

/** Fields that show what is set, and that only those can change who may. */
export const MayChange = ({ ask, children }: Props) => (
  <fieldset className="bare" disabled={!useMay()(ask)}>
    {children}
  </fieldset>
)
