import { z } from 'zod'
import type { Describe } from './operators.openapi.ts'

/** What processes log, as a part of the OpenAPI document. */

const level = z.enum(['debug', 'info', 'warn', 'error', 'silent'])
const known = z.object({
  level,
  usual: level.describe('What it was started with'),
  until: z.iso.datetime().optional().describe('Then it is the usual one again'),
})
const change = z.object({
  level: level.exclude(['silent']),
  minutes: z.number().positive().max(1_440).optional().describe('10, if nothing is said'),
})

export const logLevelPaths = ({ get, json, ok, inPath, problems, always, actorHeader }: Describe) => ({
  '/api/log-levels': {
    get: get(
      'What each process logs',
      z.object({ items: z.array(known.extend({ service: z.string() })), unreachable: z.array(z.string()) }),
    ),
  },
  '/api/log-levels/{service}': {
    put: {
      summary: 'Have a process log more, or less, for a while',
      parameters: [inPath('service'), actorHeader],
      requestBody: { required: true, content: json(change) },
      responses: { 200: ok(known), ...always, ...problems([400, 'Bad fields'], [404, 'No such service']) },
    },
  },
})
