import { z } from 'zod'
import { roles } from './principal.ts'

export const me = z.union([
  z.object({ auth: z.literal('off') }),
  z.object({ auth: z.literal('oidc'), subject: z.string(), roles: z.array(z.enum(roles)) }),
])
export type Me = z.infer<typeof me>
