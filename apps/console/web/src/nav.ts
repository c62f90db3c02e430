import type { LinkProps } from '@tanstack/react-router'
import type { IconName } from './ui/icon.tsx'

interface Entry {
  readonly to: NonNullable<LinkProps['to']>
  readonly label: string
  readonly icon: IconName
}

/** What can be reached from everywhere, in the order in which one looks. */
export const nav: readonly { readonly title: string; readonly entries: readonly Entry[] }[] = [
  {
    title: 'Orders',
    entries: [
      { to: '/', label: 'Overview', icon: 'overview' },
      { to: '/orders', label: 'Orders', icon: 'orders' },
      { to: '/analytics', label: 'Analytics', icon: 'analytics' },
      { to: '/notifications', label: 'Notifications', icon: 'mail' },
      { to: '/campaigns', label: 'Campaigns', icon: 'mail' },
    ],
  },
  {
    title: 'What is wrong',
    entries: [
      { to: '/sagas', label: 'Sagas', icon: 'sagas' },
      { to: '/dead-letters', label: 'Dead letters', icon: 'parked' },
    ],
  },
  {
    title: 'Messages',
    entries: [
      { to: '/topics', label: 'Topics', icon: 'topics' },
      { to: '/groups', label: 'Consumer groups', icon: 'groups' },
      { to: '/projections', label: 'Projections', icon: 'projections' },
      { to: '/subscriptions', label: 'Subscriptions', icon: 'mail' },
    ],
  },
  {
    title: 'Around it',
    entries: [
      { to: '/traces', label: 'Traces', icon: 'traces' },
      { to: '/processes', label: 'Processes', icon: 'processes' },
      { to: '/simulators', label: 'Simulators', icon: 'simulators' },
      { to: '/audit', label: 'Audit', icon: 'audit' },
    ],
  },
]
