import { type Texts, told, type Vocabulary } from './texts.ts'

export const vocabulary: Vocabulary = {
  reasons: {
    payment_declined: 'ditt kort nekades',
    out_of_stock: 'en vara är slut',
    payment_timeout: 'din bank svarade inte i tid',
    customer_request: 'på din begäran',
    shipment_impossible: 'vi kan inte leverera till din adress',
    capture_failed: 'betalningen kunde inte genomföras',
    operator_decision: 'vi kunde inte utföra den',
  },
  decimalSign: ',',
  greeting: 'Hej {{ name }},',
  aboutOrder: 'Beställning {{ orderId }}',
}

export const texts: Texts = {
  order_confirmed: told(
    'Beställning {{ order }} bekräftad',
    'Vi har din beställning på {{ total | money }} och förbereder den nu.',
    'vi har din beställning {{ order }} på {{ total | money }}.',
  ),
  order_shipped: told(
    'Beställning {{ order }} är på väg',
    'Ditt paket har lämnat vårt lager. Spårningsnummer: {{ trackingNumber }}.',
    'beställning {{ order }} är på väg: {{ trackingNumber }}.',
  ),
  order_completed: told(
    'Beställning {{ order }} levererad',
    'Ditt paket har levererats. Tack för din beställning.',
    'beställning {{ order }} har levererats. Tack.',
  ),
  order_rejected: told(
    'Beställning {{ order }} kunde inte tas emot',
    'Vi kunde inte ta emot din beställning på {{ total | money }}: {{ reason | reason }}. Inget har debiterats.',
    'vi kunde inte ta emot beställning {{ order }}: {{ reason | reason }}. Inget har debiterats.',
  ),
  order_cancelled: told(
    'Beställning {{ order }} avbruten',
    'Din beställning på {{ total | money }} avbröts: {{ reason | reason }}. Det du har betalat är på väg tillbaka.',
    'beställning {{ order }} avbröts: {{ reason | reason }}.',
  ),
  return_requested: told(
    'Beställning {{ order }}: retur begärd',
    'Du vill returnera {{ items | lines }}. En etikett följer.',
    'vi har din retur för beställning {{ order }}. En etikett följer.',
  ),
  return_label_issued: told(
    'Beställning {{ order }}: returetikett',
    'Lämna in ditt paket med den här etiketten. Spårningsnummer: {{ trackingNumber }}.',
    'din returetikett för beställning {{ order }}: {{ trackingNumber }}.',
  ),
  return_received: told(
    'Beställning {{ order }}: retur mottagen',
    'Ditt paket har kommit till vårt lager och granskas nu.',
    'din retur för beställning {{ order }} har kommit fram.',
  ),
  return_inspected: told(
    'Beställning {{ order }}: retur granskad',
    `{% if accepted.size > 0 %}Vi har tagit tillbaka {{ accepted | lines }}.{% endif -%}
{% if accepted.size > 0 and refused.size > 0 %} {% endif -%}
{% if refused.size > 0 %}Vi kan inte ta tillbaka {{ refused | lines }}; det skickas tillbaka till dig.{% endif %}`,
    'din retur för beställning {{ order }} är granskad; i mejlet står vad vi tar tillbaka.',
  ),
  return_completed: told(
    'Beställning {{ order }}: retur klar',
    'Din retur är klar: {{ refunded | money }} är på väg till dig.',
    'din retur för beställning {{ order }} är klar: {{ refunded | money }} är på väg till dig.',
  ),
  return_refused: told(
    'Beställning {{ order }}: retur nekad',
    'Inget av det du skickade kunde tas tillbaka; det skickas tillbaka till dig.',
    'inget av din retur för beställning {{ order }} kunde tas tillbaka.',
  ),
  return_impossible: told(
    'Beställning {{ order }} kan inte returneras',
    'Vårt bud kan inte hämta ett paket hos dig. Du behåller varorna.',
    'beställning {{ order }} kan inte hämtas hos dig. Du behåller varorna.',
  ),
  return_lost: told(
    'Beställning {{ order }}: retur försvunnen',
    'Vårt bud har tappat bort ditt paket. Det är vår förlust: {{ refunded | money }} är på väg till dig.',
    'returen av beställning {{ order }} försvann: {{ refunded | money }} är på väg till dig.',
  ),
  return_cancelled: told(
    'Beställning {{ order }}: retur avbruten',
    'Din retur avbröts. Du behåller varorna.',
    'returen av beställning {{ order }} avbröts. Du behåller varorna.',
  ),
}
