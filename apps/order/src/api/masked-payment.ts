/** Of a longer token the end may be seen, so that a customer can tell which card it was. */
const SEEN = 4
const LONG = 12

export const maskToken = (token: string): string => `****${token.length < LONG ? '' : token.slice(-SEEN)}`

/** Whoever holds a payment token can charge the card, so only the payment service gets to see one. */
export const maskedPayment = <T>(data: T): T => {
  const { payment } = data as { payment?: { token?: unknown } }
  return typeof payment?.token === 'string'
    ? { ...data, payment: { ...payment, token: maskToken(payment.token) } }
    : data
}
