import type { Money } from '#libs/contracts'

/** In the currency's own digits: 12.00 EUR, 1200 JPY, 1.200 KWD. */
export const price = ({ amount, currency }: Money, decimalSign: '.' | ',' = '.'): string => {
  const digits = digitsOf(currency)
  const text = (amount / 10 ** digits).toFixed(digits)
  return `${decimalSign === '.' ? text : text.replace('.', decimalSign)} ${currency}`
}

/** By currency; asking Intl takes longer than all the rest of a notice. */
const knownDigits = new Map<string, number>()

const digitsOf = (currency: string): number => {
  const known = knownDigits.get(currency)
  if (known !== undefined) return known
  const { maximumFractionDigits: digits = 2 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions()
  knownDigits.set(currency, digits)
  return digits
}
