import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'actor', 'target'),
  component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
})
