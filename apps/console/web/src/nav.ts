import type { LinkProps } from '@tanstack/react-router'
import type { GuardedRoute } from '../../src/auth/access.ts'
import type { IconName } from './ui/icon.tsx'

interface Entry {
  readonly to: NonNullable<LinkProps['to']>
  readonly label: string
  readonly icon: IconName
  /** What the screen is made of: who may not ask for that is not shown the way to it. */
  readonly asks: GuardedRoute
}

/** What can be reached from everywhere, in the order in which one looks. */
export const nav: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: 'Orders',
    entries: [
      { to: '/', label: 'Overview', icon: 'overview', asks: 'GET /api/orders' },
      { to: '/orders', label: 'Orders', icon: 'orders', asks: 'GET /api/orders' },
      { to: '/analytics', label: 'Analytics', icon: 'analytics', asks: 'GET /api/analytics/:metric' },
      { to: '/notifications', label: 'Notifications', icon: 'mail', asks: 'GET /api/notifications' },
      { to: '/campaigns', label: 'Campaigns', icon: 'campaigns', asks: 'GET /api/campaigns' },
    ],
  },
  {
    title: 'What is wrong',
    entries: [
      { to: '/sagas', label: 'Sagas', icon: 'sagas', asks: 'GET /api/sagas' },
      { to: '/dead-letters', label: 'Dead letters', icon: 'parked', asks: 'GET /api/parked' },
    ],
  },
  {
    title: 'Messages',
    entries: [
      { to: '/topics', label: 'Topics', icon: 'topics', asks: 'GET /api/topics' },
      { to: '/groups', label: 'Consumer groups', icon: 'groups', asks: 'GET /api/groups' },
      { to: '/projections', label: 'Projections', icon: 'projections', asks: 'GET /api/projections' },
      { to: '/subscriptions', label: 'Subscriptions', icon: 'subscriptions', asks: 'GET /api/subscriptions' },
    ],
  },
  {
    title: 'Around it',
    entries: [
      { to: '/traces', label: 'Traces', icon: 'traces', asks: 'GET /api/traces' },
      { to: '/processes', label: 'Processes', icon: 'processes', asks: 'GET /api/processes' },
      { to: '/simulators', label: 'Simulators', icon: 'simulators', asks: 'GET /api/simulators/payment/settings' },
      { to: '/audit', label: 'Audit', icon: 'audit', asks: 'GET /api/audit' },
    ],
  },
]
