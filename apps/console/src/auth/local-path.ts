const LONGEST = 2_000

/**
 * Whether a browser that is sent there stays here: a path of printable ASCII, for browsers drop tabs and line ends, and take
 * `//` and `/\` for the beginning of another host. Back into the login leads nowhere.
 */
export const isLocalPath = (to: unknown): to is string =>
  typeof to === 'string' && to.length <= LONGEST && /^\/(?![/\\])[!-[\]-~]*$/.test(to) && !/^\/auth(\/|$)/.test(to)
