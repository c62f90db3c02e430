import type { Topic } from '#libs/contracts'
import { type Projection, topicsOf } from '#libs/projections'
import { customerHistory } from './projections/customer-history/projection.ts'
import { orders } from './projections/orders/projection.ts'
import { productSales } from './projections/product-sales/projection.ts'
import { sagaBoard } from './projections/saga-board/projection.ts'
import { sales } from './projections/sales-per-minute/projection.ts'

/** The projections of this service. */
export const projections: readonly Projection[] = [orders, sales, customerHistory, productSales, sagaBoard]

/** The topics that they are made of. */
export const projected: readonly Topic[] = [...new Set(projections.flatMap(topicsOf))]
