const MASK = '****'

/** Whoever holds a payment token can charge the card, so nobody but the payment service gets to see one. */
export const maskedPayment = <T>(data: T): T => {
  const { payment } = data as { payment?: { token?: unknown } }
  return payment?.token === undefined ? data : { ...data, payment: { ...payment, token: MASK } }
}
