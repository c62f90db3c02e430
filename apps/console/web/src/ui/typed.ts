/** What is wrong with a text that is meant to be JSON, or nothing. */
export const faultIn = (text: string): string | undefined => {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/**
 * What was typed as it is sent: no text of a request may hold line breaks, and between the parts of JSON any space is as
 * good as another. A line break within a text of JSON is a fault of its own.
 */
export const asSent = (typed: string): string =>
  faultIn(typed) === undefined ? typed.replace(/\s*[\r\n\t]\s*/g, ' ').trim() : typed
