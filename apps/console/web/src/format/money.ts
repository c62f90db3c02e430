export interface Money {
  /** Minor units. */
  readonly amount: number
  readonly currency: string
}

const formats = new Map<string, Intl.NumberFormat>()

/** By the reader's locale and the currency's own number of digits. */
export const money = ({ amount, currency }: Money): string => {
  let format = formats.get(currency)
  if (format === undefined) {
    format = new Intl.NumberFormat(undefined, { style: 'currency', currency })
    formats.set(currency, format)
  }
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

const whole = new Intl.NumberFormat()
export const count = (n: number): string => whole.format(n)
