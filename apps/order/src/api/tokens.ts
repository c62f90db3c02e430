/** Where Nest finds what has no class of its own. */
export const CATALOGUE = Symbol('catalogue')
/** For how long a quote is valid, milliseconds. */
export const QUOTE_VALID_MS = Symbol('for how long a quote is valid')
export const RETURN_WINDOW_DAYS = Symbol('return window')
