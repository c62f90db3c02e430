import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { orderFilter } from './filter.ts'

export const ordersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/orders',
  validateSearch: orderFilter,
  component: lazyRouteComponent(() => import('./orders-page.tsx'), 'OrdersPage'),
})
