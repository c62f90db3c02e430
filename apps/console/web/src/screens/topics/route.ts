import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'
import { topicView } from './view.ts'

export const topicsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/topics',
  validateSearch: topicView,
  component: lazyRouteComponent(() => import('./topics-page.tsx'), 'TopicsPage'),
})
