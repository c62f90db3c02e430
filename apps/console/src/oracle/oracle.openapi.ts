import { z } from 'zod'
import type { Describe } from '../operators.openapi.ts'

/** What the oracle answers, as a part of the OpenAPI document. */

const name = z.enum(['ends', 'money', 'stock', 'effects', 'key-order'])

export const oracleCheck = z.object({
  name,
  promise: z.string().describe('What must hold'),
  violations: z.int().nonnegative().describe('How often it was found broken: 0'),
  of: z.int().nonnegative().describe('How many it was counted over'),
  unit: z.string(),
  sample: z.array(z.string()).describe('The first violations, in words'),
})
export const oracle = z.object({
  checkedAt: z.iso.datetime().describe('It is looked at once in five seconds at most'),
  checks: z.array(oracleCheck),
  missing: z.array(z.object({ name, detail: z.string() })).describe('Checks that could not be made, and why'),
})

export const oraclePaths = ({ get }: Describe) => ({
  '/api/oracle': {
    get: get(
      'Whether the system keeps its promises at this moment: orders that end, money, stock, effects once, order of keys',
      oracle,
    ),
  },
})
