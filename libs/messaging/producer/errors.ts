import { ErrorCode, errorName, isRetriable } from '#libs/kafka-protocol'

/** The same request may succeed when it is sent again, perhaps to another broker. */
export class TryAgain extends Error {
  override readonly name: string = 'TryAgain'
}

/** No answer: the broker cannot be reached, hung up or kept silent. What was sent may have arrived or not. */
export class ConnectionLost extends TryAgain {
  override readonly name = 'ConnectionLost'
}

/** A broker has answered that it did not do what was asked; sending the same again is of no use. */
export class Refused extends Error {
  override readonly name: string = 'Refused'
}

/** Somebody else has taken this one's place: another producer its transactional id, the group its membership. */
export class Fenced extends Refused {
  override readonly name = 'Fenced'
}

const FENCING: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.PRODUCER_FENCED,
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
])

/** The error for a code other than 0 that a broker answered about `what`. */
export const errorOf = (code: number, what: string, detail: string | null = null): Error => {
  const message = `${what}: ${errorName(code)}${detail === null ? '' : ` (${detail})`}`
  if (isRetriable(code)) return new TryAgain(message)
  return FENCING.has(code) ? new Fenced(message) : new Refused(message)
}
