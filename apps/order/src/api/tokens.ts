/** Where Nest finds what has no class of its own. */
export const CATALOGUE = Symbol('catalogue')
