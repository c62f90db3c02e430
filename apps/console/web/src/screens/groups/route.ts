import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const groupsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/groups',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'group'),
  component: lazyRouteComponent(() => import('./groups-page.tsx'), 'GroupsPage'),
})
