/** Where Nest finds the service's name. */
export const SERVICE = Symbol('service')

/** The kinds of streams that the service has. */
export const STREAM_KINDS = Symbol('stream kinds')
