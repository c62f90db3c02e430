const MAX_CAUSES = 5

/** An error and what caused it in one line, outermost first: `OrderUnknown: no order 7 ← Error: connection reset`. */
export const describeError = (error: unknown): string => {
  const links: string[] = []
  for (let e = error; e !== undefined && e !== null && links.length < MAX_CAUSES; e = (e as { cause?: unknown }).cause)
    links.push(e instanceof Error ? `${e.name}: ${e.message}` : String(e))
  return links.join(' ← ')
}

/** What JSON cannot say of an error by itself: its type, stack and causes. Anything else is left as it is. */
export const serializeError = (error: unknown, causes = MAX_CAUSES): unknown => {
  if (!(error instanceof Error)) return error
  const { name: type, message, stack, cause } = error
  return {
    type,
    message,
    stack,
    ...(cause !== undefined && causes > 0 && { cause: serializeError(cause, causes - 1) }),
  }
}
