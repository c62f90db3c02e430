const MAX_CAUSES = 5

/** An error and what caused it in one line, outermost first: `OrderUnknown: no order 7 ← Error: connection reset`. */
export const describeError = (error: unknown): string => {
  const links: string[] = []
  for (let e = error; e !== undefined && e !== null && links.length < MAX_CAUSES; e = (e as { cause?: unknown }).cause)
    links.push(e instanceof Error ? `${e.name}: ${e.message}` : String(e))
  return links.join(' ← ')
}
