import { orderRoute } from './screens/order/route.ts'
import { ordersRoute } from './screens/orders/route.ts'
import { overviewRoute } from './screens/overview/route.ts'

/** Every screen: one folder in `screens/`, one line here and, unless it is reached from another one, one in `nav.ts`. */
export const screens = [overviewRoute, ordersRoute, orderRoute] as const
