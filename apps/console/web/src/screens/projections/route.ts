import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const projectionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/projections',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'projection'),
  component: lazyRouteComponent(() => import('./projections-page.tsx'), 'ProjectionsPage'),
})
