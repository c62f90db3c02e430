import { z } from 'zod'
import type { Describe } from '../operators.openapi.ts'

export const alert = z.object({
  alert: z.string().describe('Its name in deploy/prometheus/rules.yml'),
  state: z.enum(['pending', 'firing']).describe('Pending until the condition has held for the `for` of its rule'),
  severity: z.enum(['warning', 'critical']),
  labels: z.record(z.string(), z.string()),
  value: z.number(),
  summary: z.string(),
  activeAt: z.iso.datetime().describe('Since when the condition holds'),
  runbook: z.string().describe('Where the gateway serves what to do about it'),
  console: z.string().describe('The screen of the console that helps'),
})
export const alerts = z.object({
  checkedAt: z.iso.datetime().nullable().describe('The rules are looked at every ten seconds'),
  items: z.array(alert),
  missing: z.array(z.string()).describe('Who could not be asked for metrics'),
})

export const alertPaths = ({ get }: Describe) => ({
  '/api/alerts': {
    get: get(
      'What of the rules of alerts is pending or firing, as the gateway itself finds it, without a Prometheus',
      alerts,
    ),
  },
})
