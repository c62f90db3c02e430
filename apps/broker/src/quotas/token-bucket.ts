/** So much may be used now; below zero it is a debt, that time pays. */
export interface Bucket {
  readonly tokens: number
  /** When it was so, in milliseconds of the steady clock. */
  readonly at: number
}

/** What flows in, and how much of it is kept for later. */
export interface Flow {
  /** Per second. */
  readonly rate: number
  readonly most: number
}

export const full = ({ most }: Flow, at: number): Bucket => ({ tokens: most, at })

/** The bucket when something is taken out of it at this time, which may be more than is in it. */
export function take({ tokens, at }: Bucket, amount: number, now: number, { rate, most }: Flow): Bucket {
  const refilled = Math.min(most, tokens + (Math.max(0, now - at) * rate) / 1000)
  return { tokens: refilled - amount, at: Math.max(at, now) }
}

/** Milliseconds until the debt is paid; 0 without one. */
export const msOfDebt = ({ tokens }: Bucket, { rate }: Flow): number =>
  tokens >= 0 ? 0 : Math.ceil((-tokens / rate) * 1000)
