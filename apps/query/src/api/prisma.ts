/** Where Nest finds this service's own Prisma client. */
export const PRISMA = Symbol('prisma')
