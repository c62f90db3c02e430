import type { TopicRecord } from '#libs/messaging'

/** The headers with one value each: of a name that comes several times the last one, as most consumers take it. */
export const singleHeaders = ({ headers }: TopicRecord): Readonly<Record<string, string | null>> => {
  for (const value of Object.values(headers))
    if (Array.isArray(value))
      return Object.fromEntries(Object.entries(headers).map(([name, each]) => [name, [each].flat().at(-1) ?? null]))
  return headers as Readonly<Record<string, string | null>>
}
