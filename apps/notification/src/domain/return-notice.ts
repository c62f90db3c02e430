import type { AnyMessage, DataOf, MessageType, Money, NotificationKind } from '#libs/contracts'

/** Each step of a return is told to the customer. */
export const returnTypes = [
  'order.return-requested',
  'order.return-label-issued',
  'order.return-received',
  'order.return-inspected',
  'order.return-ended',
] as const satisfies MessageType[]
export type ReturnFact = Extract<AnyMessage, { type: (typeof returnTypes)[number] }>

export const returnKindOf = (fact: ReturnFact): NotificationKind => {
  switch (fact.type) {
    case 'order.return-requested':
      return 'return_requested'
    case 'order.return-label-issued':
      return 'return_label_issued'
    case 'order.return-received':
      return 'return_received'
    case 'order.return-inspected':
      return 'return_inspected'
    case 'order.return-ended':
      return `return_${fact.data.outcome}`
  }
}

export const returnWording = (fact: ReturnFact, price: (money: Money) => string): { subject: string; body: string } => {
  switch (fact.type) {
    case 'order.return-requested':
      return { subject: 'return requested', body: `You want to return ${inWords(fact.data.items)}. A label follows.` }
    case 'order.return-label-issued':
      return {
        subject: 'return label',
        body: `Please hand your parcel over with this label. Tracking number: ${fact.data.trackingNumber}.`,
      }
    case 'order.return-received':
      return { subject: 'return received', body: 'Your parcel has arrived in our warehouse and is looked at now.' }
    case 'order.return-inspected':
      return { subject: 'return inspected', body: found(fact.data) }
    case 'order.return-ended':
      return ended(fact.data, price)
  }
}

const found = ({ accepted, refused }: DataOf<'order.return-inspected'>): string =>
  [
    ...(accepted.length > 0 ? [`We have taken back ${inWords(accepted)}.`] : []),
    ...(refused.length > 0 ? [`We cannot take back ${inWords(refused)}, which goes back to you.`] : []),
  ].join(' ')

const ended = ({ outcome, refunded }: DataOf<'order.return-ended'>, price: (money: Money) => string) => {
  const money = price(refunded)
  switch (outcome) {
    case 'completed':
      return { subject: 'return completed', body: `Your return is complete: ${money} are on their way back to you.` }
    case 'refused':
      return { subject: 'return refused', body: 'Nothing that you sent could be taken back; it goes back to you.' }
    case 'impossible':
      return { subject: 'cannot be returned', body: 'Our carrier cannot fetch a parcel from you. You keep the goods.' }
    case 'lost':
      return {
        subject: 'return lost',
        body: `Our carrier has lost your parcel. That is our loss: ${money} are on their way back to you.`,
      }
    case 'cancelled':
      return { subject: 'return cancelled', body: 'Your return was called off. You keep the goods.' }
  }
}

const inWords = (lines: readonly { readonly sku: string; readonly quantity: number }[]): string =>
  lines.map(({ sku, quantity }) => `${quantity} x ${sku}`).join(', ')
