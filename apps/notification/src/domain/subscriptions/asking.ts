/** How often mail addresses may be asked in a day, so that nobody is flooded with questions in our name. */
export interface AskingLimits {
  /** The same address, whoever subscribes it to what. */
  readonly perAddress: number
  /** All of them together: subscriptions can be made and removed again. */
  readonly inAll: number
}

export const MOST_ASKED_A_DAY: AskingLimits = { perAddress: 3, inAll: 200 }

export interface Asked {
  readonly thisAddress: number
  readonly inAll: number
}

/** Why an address may not be asked now; undefined when it may. */
export const tooOften = (asked: Asked, { perAddress, inAll }: AskingLimits = MOST_ASKED_A_DAY): string | undefined => {
  if (asked.thisAddress >= perAddress) return `this address was asked ${perAddress} times within 24 hours`
  return asked.inAll >= inAll ? `${inAll} addresses were asked within 24 hours` : undefined
}

/** The mailbox that an address leads to, as far as its spelling tells: no other spelling gets a limit of its own. */
export const mailboxOf = (address: string): string => {
  const at = address.lastIndexOf('@')
  const [name] = address.slice(0, at).split('+')
  return `${name}${address.slice(at)}`.toLowerCase()
}
