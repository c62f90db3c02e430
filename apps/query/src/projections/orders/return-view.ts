import type { AnyMessage, Money, OrderLine, ReturnStatus, StockLine } from '#libs/contracts'

/** One return as the read model keeps it. */
export interface ReturnView {
  readonly status: ReturnStatus
  readonly requestedAt?: string
  readonly items?: readonly StockLine[]
  /** What the customer has given away for good; known when it has ended. */
  readonly returned?: readonly StockLine[]
  /** What the payment service gave back, minor units. */
  readonly refunded?: number
}
export type ReturnViews = Readonly<Record<string, ReturnView>>

export type ReturnViewFact = Extract<
  AnyMessage,
  {
    type:
      | 'order.return-requested'
      | 'order.return-label-issued'
      | 'order.return-received'
      | 'order.return-inspected'
      | 'order.return-ended'
      | 'payment.return-refunded'
  }
>

/** Whatever the order in which its facts come: the one that is further along the way wins. */
export const evolveReturns = (returns: ReturnViews, fact: ReturnViewFact): ReturnViews => {
  const { returnId } = fact.data
  const view: ReturnView = returns[returnId] ?? { status: 'requested' }
  return { ...returns, [returnId]: evolve(view, fact) }
}

const evolve = (view: ReturnView, fact: ReturnViewFact): ReturnView => {
  switch (fact.type) {
    case 'order.return-requested':
      return { ...view, items: fact.data.items, requestedAt: fact.time }
    case 'order.return-label-issued':
      return { ...view, status: further(view.status, 'label_issued') }
    case 'order.return-received':
      return { ...view, status: further(view.status, 'received') }
    case 'order.return-inspected':
      return { ...view, status: further(view.status, 'inspected') }
    case 'order.return-ended':
      return { ...view, status: fact.data.outcome, returned: fact.data.items }
    case 'payment.return-refunded':
      return { ...view, refunded: fact.data.amount.amount }
  }
}

const way: readonly ReturnStatus[] = ['requested', 'label_issued', 'received', 'inspected']

/** Its saga has not come to an end. */
export const isUnderWay = ({ status }: ReturnView): boolean => way.includes(status)

const further = (a: ReturnStatus, b: ReturnStatus): ReturnStatus => {
  const [reached, news] = [way.indexOf(a), way.indexOf(b)]
  return reached === -1 || reached > news ? a : b
}

export const refundedFor = (returns: ReturnViews): number =>
  Object.values(returns).reduce((sum, { refunded = 0 }) => sum + refunded, 0)

/** Each line with how many pieces of it came back for good. */
export const withReturned = (items: readonly OrderLine[], returns: ReturnViews) => {
  const back = Object.values(returns).flatMap(({ returned = [] }) => returned)
  const of = (wanted: string) => back.reduce((sum, { sku, quantity }) => (sku === wanted ? sum + quantity : sum), 0)
  return items.map((item) => ({ ...item, returned: of(item.sku) }))
}

/** As the order answers them, in the order in which they were asked for. */
export const returnsAnswer = (returns: ReturnViews, money: (amount: number) => Money) =>
  Object.entries(returns)
    .sort(([, a], [, b]) => ((a.requestedAt ?? '') < (b.requestedAt ?? '') ? -1 : 1))
    .map(([returnId, { status, items = [], returned, refunded = 0 }]) => ({
      ...{ returnId, status, items },
      ...(returned === undefined ? {} : { returned, refunded: money(refunded) }),
    }))
