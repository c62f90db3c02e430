import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const sagasRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sagas',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'state'),
  component: lazyRouteComponent(() => import('./sagas-page.tsx'), 'SagasPage'),
})
