import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const parkedRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dead-letters',
  /** `record`: which one is looked at, `<service>/<id>`; `operation`: the redrive that is followed. */
  validateSearch: (search: Record<string, unknown>) =>
    texts(search, 'service', 'status', 'reason', 'topic', 'orderId', 'record', 'operation'),
  component: lazyRouteComponent(() => import('./parked-page.tsx'), 'ParkedPage'),
})
