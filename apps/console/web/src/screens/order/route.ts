import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.ts'

export interface OrderView {
  /** Which message is looked at: `<topic>/<partition>/<offset>`. */
  readonly record?: string
  /** The version of the order that is shown instead of the present. */
  readonly asOf?: number
}

const orderView = ({ record, asOf }: Record<string, unknown>): OrderView => ({
  ...(typeof record === 'string' && record.length <= 300 && { record }),
  ...(Number.isInteger(asOf) && (asOf as number) > 0 && { asOf: asOf as number }),
})

export const orderRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/orders/$orderId',
  validateSearch: orderView,
  component: lazyRouteComponent(() => import('./order-page.tsx'), 'OrderPage'),
})
