import { type Texts, told, type Vocabulary } from './texts.ts'

export const vocabulary: Vocabulary = {
  reasons: {
    payment_declined: 'your card was declined',
    out_of_stock: 'an item is out of stock',
    payment_timeout: 'your bank did not answer in time',
    customer_request: 'you asked us to',
    shipment_impossible: 'our carrier cannot deliver to your address',
    capture_failed: 'we could not collect the payment',
    operator_decision: 'we could not fulfil it',
  },
  decimalSign: '.',
  greeting: 'Hello {{ name }},',
  aboutOrder: 'Order {{ orderId }}',
}

export const texts: Texts = {
  order_confirmed: told(
    'Order {{ order }} confirmed',
    'We have your order over {{ total | money }} and prepare it now.',
    'we have your order {{ order }} over {{ total | money }}.',
  ),
  order_shipped: told(
    'Order {{ order }} is on its way',
    'Your parcel has left our warehouse. Tracking number: {{ trackingNumber }}.',
    'order {{ order }} is on its way: {{ trackingNumber }}.',
  ),
  order_completed: told(
    'Order {{ order }} delivered',
    'Your parcel was delivered. Thank you for your order.',
    'order {{ order }} was delivered. Thank you.',
  ),
  order_rejected: told(
    'Order {{ order }} could not be accepted',
    'We could not accept your order over {{ total | money }}: {{ reason | reason }}. You were not charged.',
    'we could not accept order {{ order }}: {{ reason | reason }}. You were not charged.',
  ),
  order_cancelled: told(
    'Order {{ order }} cancelled',
    'Your order over {{ total | money }} was cancelled: {{ reason | reason }}. Anything you paid is on its way back.',
    'order {{ order }} was cancelled: {{ reason | reason }}.',
  ),
  return_requested: told(
    'Order {{ order }} return requested',
    'You want to return {{ items | lines }}. A label follows.',
    'we have your return for order {{ order }}. A label follows.',
  ),
  return_label_issued: told(
    'Order {{ order }} return label',
    'Please hand your parcel over with this label. Tracking number: {{ trackingNumber }}.',
    'your return label for order {{ order }}: {{ trackingNumber }}.',
  ),
  return_received: told(
    'Order {{ order }} return received',
    'Your parcel has arrived in our warehouse and is looked at now.',
    'your return for order {{ order }} has arrived.',
  ),
  return_inspected: told(
    'Order {{ order }} return inspected',
    `{% if accepted.size > 0 %}We have taken back {{ accepted | lines }}.{% endif -%}
{% if accepted.size > 0 and refused.size > 0 %} {% endif -%}
{% if refused.size > 0 %}We cannot take back {{ refused | lines }}, which goes back to you.{% endif %}`,
    'your return for order {{ order }} was inspected; your mail says what we take back.',
  ),
  return_completed: told(
    'Order {{ order }} return completed',
    'Your return is complete: {{ refunded | money }} are on their way back to you.',
    'your return for order {{ order }} is complete: {{ refunded | money }} are on their way back.',
  ),
  return_refused: told(
    'Order {{ order }} return refused',
    'Nothing that you sent could be taken back; it goes back to you.',
    'nothing of your return for order {{ order }} could be taken back.',
  ),
  return_impossible: told(
    'Order {{ order }} cannot be returned',
    'Our carrier cannot fetch a parcel from you. You keep the goods.',
    'our carrier cannot fetch order {{ order }} from you. You keep the goods.',
  ),
  return_lost: told(
    'Order {{ order }} return lost',
    'Our carrier has lost your parcel. That is our loss: {{ refunded | money }} are on their way back to you.',
    'the return of order {{ order }} was lost: {{ refunded | money }} are on their way back.',
  ),
  return_cancelled: told(
    'Order {{ order }} return cancelled',
    'Your return was called off. You keep the goods.',
    'the return of order {{ order }} was called off. You keep the goods.',
  ),
}
