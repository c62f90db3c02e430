import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const simulatorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/simulators',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'to', 'mail'),
  component: lazyRouteComponent(() => import('./simulators-page.tsx'), 'SimulatorsPage'),
})
