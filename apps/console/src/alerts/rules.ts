import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { parseQuery } from './promql/parse.ts'
import type { Expression } from './promql/syntax.ts'

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const duration = z
  .string()
  .regex(/^\d+[smhd]$/)
  .transform((text) => Number(text.slice(0, -1)) * SECONDS[text.at(-1) as keyof typeof SECONDS])

const rule = z.strictObject({
  alert: z.string().regex(/^[a-z]+(-[a-z]+)*$/),
  expr: z.string().transform((text, context): Expression => {
    try {
      return parseQuery(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  }),
  for: duration.default(0),
  labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
  annotations: z.strictObject({ summary: z.string(), runbook_url: z.url(), console: z.string().startsWith('/') }),
})
const file = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), interval: duration.optional(), rules: z.array(rule) })),
})

export type Rule = z.infer<typeof rule>

/** The alerts of a file of Prometheus' rules. @throws Error that says what in it is not understood. */
export const readRules = (text: string): readonly Rule[] => {
  const { data, error } = file.safeParse(parseYaml(text))
  if (data === undefined) throw new Error(`rules of alerts: ${z.prettifyError(error!)}`)
  return data.groups.flatMap(({ rules }) => rules)
}

/** The names of the metrics that an expression asks for. */
export const metricsIn = (expression: Expression): string[] => {
  switch (expression.kind) {
    case 'selector':
      return [expression.metric]
    case 'call':
    case 'quantile':
    case 'aggregate':
      return metricsIn(expression.of)
    case 'binary':
      return [...metricsIn(expression.left), ...metricsIn(expression.right)]
    default:
      return []
  }
}
