import { accessDescribed } from './access.ts'
import { staffRoles } from './principal.ts'

/** What the OpenAPI document says of who may do what: as `access.ts` has it. */

export const securitySchemes = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token of the OpenID provider' },
} as const

type Problems = (...statuses: [status: number, when: string][]) => object

export const withAccess = (method: string, path: string, operation: object, problems: Problems): object => {
  const access = accessDescribed(method, path)
  const { responses } = operation as { responses?: object }
  const limited = problems([429, 'More than one caller may ask for: Retry-After and RateLimit say when to come again'])
  const open = { ...operation, responses: { ...limited, ...responses } }
  if (access === undefined || access === 'anyone') return { ...open, security: [] }
  if (access === 'known') return { ...open, security: [{ token: [] }] }
  const staff = staffRoles.slice(staffRoles.indexOf(access.staff))
  const may = access.customer === undefined ? staff : ['customer', ...staff]
  const refused = problems(
    [401, 'Where people log in: no token, or one that is refused'],
    [403, `Where people log in: for ${may.join(', ')}`],
  )
  return { ...operation, security: [{ token: may }], 'x-roles': may, responses: { ...refused, ...open.responses } }
}
