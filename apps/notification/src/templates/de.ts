import { type Texts, told, type Vocabulary } from './texts.ts'

export const vocabulary: Vocabulary = {
  reasons: {
    payment_declined: 'Ihre Karte wurde abgelehnt',
    out_of_stock: 'ein Artikel ist nicht vorrätig',
    payment_timeout: 'Ihre Bank hat nicht rechtzeitig geantwortet',
    customer_request: 'auf Ihren Wunsch',
    shipment_impossible: 'an Ihre Adresse kann nicht geliefert werden',
    capture_failed: 'die Zahlung war nicht möglich',
    operator_decision: 'wir konnten sie nicht ausführen',
  },
  decimalSign: ',',
  greeting: 'Guten Tag {{ name }},',
  aboutOrder: 'Bestellung {{ orderId }}',
}

export const texts: Texts = {
  order_confirmed: told(
    'Bestellung {{ order }} bestätigt',
    'Wir haben Ihre Bestellung über {{ total | money }} und bereiten sie jetzt vor.',
    'wir haben Ihre Bestellung {{ order }} über {{ total | money }}.',
  ),
  order_shipped: told(
    'Bestellung {{ order }} ist unterwegs',
    'Ihr Paket hat unser Lager verlassen. Sendungsnummer: {{ trackingNumber }}.',
    'Bestellung {{ order }} ist unterwegs: {{ trackingNumber }}.',
  ),
  order_completed: told(
    'Bestellung {{ order }} zugestellt',
    'Ihr Paket wurde zugestellt. Vielen Dank für Ihre Bestellung.',
    'Bestellung {{ order }} wurde zugestellt. Vielen Dank.',
  ),
  order_rejected: told(
    'Bestellung {{ order }} konnte nicht angenommen werden',
    'Wir konnten Ihre Bestellung über {{ total | money }} nicht annehmen: {{ reason | reason }}. Es wurde nichts berechnet.',
    'Bestellung {{ order }} nicht angenommen: {{ reason | reason }}. Nichts wurde berechnet.',
  ),
  order_cancelled: told(
    'Bestellung {{ order }} storniert',
    'Ihre Bestellung über {{ total | money }} wurde storniert: {{ reason | reason }}. Was Sie bezahlt haben, ist auf dem Weg zurück.',
    'Bestellung {{ order }} wurde storniert: {{ reason | reason }}.',
  ),
  return_requested: told(
    'Bestellung {{ order }}: Rücksendung gewünscht',
    'Sie möchten {{ items | lines }} zurücksenden. Ein Etikett folgt.',
    'wir haben Ihre Rücksendung zu Bestellung {{ order }}. Ein Etikett folgt.',
  ),
  return_label_issued: told(
    'Bestellung {{ order }}: Etikett für die Rücksendung',
    'Bitte geben Sie Ihr Paket mit diesem Etikett auf. Sendungsnummer: {{ trackingNumber }}.',
    'Ihr Etikett zu Bestellung {{ order }}: {{ trackingNumber }}.',
  ),
  return_received: told(
    'Bestellung {{ order }}: Rücksendung eingetroffen',
    'Ihr Paket ist in unserem Lager eingetroffen und wird jetzt geprüft.',
    'Ihre Rücksendung zu Bestellung {{ order }} ist eingetroffen.',
  ),
  return_inspected: told(
    'Bestellung {{ order }}: Rücksendung geprüft',
    `{% if accepted.size > 0 %}Wir haben {{ accepted | lines }} zurückgenommen.{% endif -%}
{% if accepted.size > 0 and refused.size > 0 %} {% endif -%}
{% if refused.size > 0 %}Nicht zurücknehmen können wir {{ refused | lines }}; das geht an Sie zurück.{% endif %}`,
    'Ihre Rücksendung zu Bestellung {{ order }} ist geprüft; was wir zurücknehmen, steht in der E-Mail.',
  ),
  return_completed: told(
    'Bestellung {{ order }}: Rücksendung abgeschlossen',
    'Ihre Rücksendung ist abgeschlossen: {{ refunded | money }} sind auf dem Weg zu Ihnen.',
    'Ihre Rücksendung zu Bestellung {{ order }} ist abgeschlossen: {{ refunded | money }} gehen an Sie zurück.',
  ),
  return_refused: told(
    'Bestellung {{ order }}: Rücksendung abgelehnt',
    'Nichts von dem, was Sie gesendet haben, konnten wir zurücknehmen; es geht an Sie zurück.',
    'von Ihrer Rücksendung zu Bestellung {{ order }} konnten wir nichts zurücknehmen.',
  ),
  return_impossible: told(
    'Bestellung {{ order }} kann nicht zurückgesendet werden',
    'Unser Paketdienst kann bei Ihnen kein Paket abholen. Sie behalten die Ware.',
    'Bestellung {{ order }} kann bei Ihnen nicht abgeholt werden. Sie behalten die Ware.',
  ),
  return_lost: told(
    'Bestellung {{ order }}: Rücksendung verloren',
    'Unser Paketdienst hat Ihr Paket verloren. Das ist unser Schaden: {{ refunded | money }} sind auf dem Weg zu Ihnen.',
    'die Rücksendung von Bestellung {{ order }} ging verloren: {{ refunded | money }} gehen an Sie zurück.',
  ),
  return_cancelled: told(
    'Bestellung {{ order }}: Rücksendung abgesagt',
    'Ihre Rücksendung wurde abgesagt. Sie behalten die Ware.',
    'die Rücksendung von Bestellung {{ order }} wurde abgesagt. Sie behalten die Ware.',
  ),
}
