/** Where Nest finds the service's name. */
export const SERVICE = Symbol('service')
