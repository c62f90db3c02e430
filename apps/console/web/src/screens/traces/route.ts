import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const tracesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/traces',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'orderId'),
  component: lazyRouteComponent(() => import('./traces-page.tsx'), 'TracesPage'),
})

export const traceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/traces/$traceId',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'span'),
  component: lazyRouteComponent(() => import('./trace-page.tsx'), 'TracePage'),
})
