import { analyticsRoute } from './screens/analytics/route.ts'
import { auditRoute } from './screens/audit/route.ts'
import { campaignsRoute } from './screens/campaigns/route.ts'
import { groupsRoute } from './screens/groups/route.ts'
import { notificationsRoute } from './screens/notifications/route.ts'
import { orderRoute } from './screens/order/route.ts'
import { ordersRoute } from './screens/orders/route.ts'
import { overviewRoute } from './screens/overview/route.ts'
import { parkedRoute } from './screens/parked/route.ts'
import { processesRoute } from './screens/processes/route.ts'
import { projectionsRoute } from './screens/projections/route.ts'
import { sagasRoute } from './screens/sagas/route.ts'
import { simulatorsRoute } from './screens/simulators/route.ts'
import { subscriptionsRoute } from './screens/subscriptions/route.ts'
import { topicsRoute } from './screens/topics/route.ts'
import { traceRoute, tracesRoute } from './screens/traces/route.ts'

/** Every screen: one folder in `screens/`, one line here and, unless it is reached from another one, one in `nav.ts`. */
export const screens = [
  overviewRoute,
  ordersRoute,
  orderRoute,
  analyticsRoute,
  sagasRoute,
  parkedRoute,
  topicsRoute,
  groupsRoute,
  projectionsRoute,
  subscriptionsRoute,
  processesRoute,
  notificationsRoute,
  campaignsRoute,
  simulatorsRoute,
  tracesRoute,
  traceRoute,
  auditRoute,
] as const
