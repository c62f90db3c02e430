import { z } from 'zod'
import type { Describe } from './operators.openapi.ts'

/** Which types of messages and events there are, as a part of the OpenAPI document. */

const version = z.int().min(1).describe('The one that is written; every earlier one is read')
const stored = { service: z.string(), stream: z.string().describe('How the names of its streams begin') }
export const knownSchemas = z.object({
  messages: z.array(z.object({ type: z.string(), topic: z.string(), version })),
  events: z.array(z.object({ ...stored, type: z.string(), version })),
  states: z
    .array(z.object({ ...stored, version: z.int().min(1), readable: z.array(z.int().min(1)) }))
    .describe('Kept beside the events: sagas, and snapshots, which are made anew where their version is not readable'),
  unreachable: z.array(z.string()).describe('Services that could not be asked, whose events and states are missing'),
})

export const schemaPaths = ({ get }: Describe) => ({
  '/api/schemas': { get: get('Types of messages and events, with their versions', knownSchemas) },
})
