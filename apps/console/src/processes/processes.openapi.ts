import { z } from 'zod'
import type { Describe } from '../operators.openapi.ts'

/** The processes of the system, and what can be done to them, as a part of the OpenAPI document. */

const instant = z.iso.datetime()
const command = z.enum(['kill', 'pause', 'resume'])
const typed = z.string()

export const systemProcess = z.object({
  name: z.string(),
  state: z.enum(['up', 'starting', 'down', 'paused', 'unknown']),
  pid: z.int().nullable(),
  startedAt: instant.nullable(),
  restarts: z.int().nonnegative(),
  memoryBytes: z.int().nonnegative().nullable(),
  pausedUntil: instant.nullable().describe('It goes on by itself then'),
  lastEnd: z.object({ at: instant, cause: z.string() }).nullable().describe('How it last ended uninvited'),
  lines: z.array(z.string()).describe('The last that it said, the newest last'),
  commands: z.array(command).describe('What would be accepted now'),
})
export const processes = z.object({
  supervised: z.boolean().describe('Whether a supervisor runs them that can be told; else `byHand` says what to type'),
  items: z.array(
    systemProcess.extend({
      byHand: z.object({ kill: typed, start: typed, pause: typed, resume: typed, lines: typed }).optional(),
    }),
  ),
})
const accepted = z.object({ process: z.string(), pid: z.int(), accepted: command })

export const processPaths = ({ get, json, ok, inPath, problems, idempotencyKey, actorHeader }: Describe) => {
  const write = (summary: string) => ({
    post: {
      summary,
      parameters: [inPath('process'), idempotencyKey, actorHeader],
      requestBody: { required: false, content: json(z.object({ reason: z.string().min(1).max(1_000).optional() })) },
      responses: {
        202: ok(accepted, 'On record, and done'),
        ...problems(
          [400, 'A missing key, or bad fields'],
          [404, 'No such process'],
          [409, 'It is not running, paused already or not paused; `reason` says which'],
          [422, 'The key was used with another body'],
          [501, 'No supervisor runs these processes: `detail` says what to type'],
          [503, 'The supervisor does not answer'],
        ),
      },
    },
  })
  return {
    '/api/processes': { get: get('Every process of the system, with its last lines', processes) },
    '/api/processes/{process}/pause': write('Freeze a process (SIGSTOP); it goes on by itself after 60 s'),
    '/api/processes/{process}/resume': write('Let a paused process go on'),
    '/api/processes/{process}/kill': write('Kill a process (SIGKILL); it is started again at once'),
  }
}
