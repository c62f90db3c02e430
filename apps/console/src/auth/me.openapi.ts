import { z } from 'zod'
import { roles } from './principal.ts'

export const me = z.union([
  z.object({ auth: z.literal('off') }),
  z.object({
    ...{ auth: z.literal('oidc'), subject: z.string(), roles: z.array(z.enum(roles)) },
    may: z
      .array(z.string())
      .describe('What these roles let ask for at all: methods and paths, `GET /api/orders/:orderId`'),
  }),
])
export type Me = z.infer<typeof me>
