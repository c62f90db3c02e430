import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const topicsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/topics',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'topic'),
  component: lazyRouteComponent(() => import('./topics-page.tsx'), 'TopicsPage'),
})
