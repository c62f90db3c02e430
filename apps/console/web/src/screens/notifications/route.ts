import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { texts } from '../../server/search.ts'

export const notificationsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/notifications',
  validateSearch: (search: Record<string, unknown>) => texts(search, 'customerId', 'orderId', 'channel', 'status'),
  component: lazyRouteComponent(() => import('./notifications-page.tsx'), 'NotificationsPage'),
})
