import { accessDescribed } from './access.ts'
import { staffRoles } from './principal.ts'

/** What the OpenAPI document says of who may do what: as `access.ts` has it. */

export const securitySchemes = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of the OpenID provider' },
} as const

type Problems = (...statuses: [status: number, when: string][]) => object

export const withAccess = (method: string, path: string, operation: object, problems: Problems): object => {
  const access = accessDescribed(method, path)
  if (access === undefined || access === 'anyone') return { ...operation, security: [] }
  if (access === 'known') return { ...operation, security: [{ token: [] }] }
  const staff = staffRoles.slice(staffRoles.indexOf(access.staff))
  const may = access.customer === undefined ? staff : ['customer', ...staff]
  const { responses } = operation as { responses?: object }
  const refused = problems(
    [401, 'Where people log in: no token, or one that is refused'],
    [403, `Where people log in: for ${may.join(', ')}`],
  )
  return { ...operation, security: [{ token: may }], 'x-roles': may, responses: { ...refused, ...responses } }
}
