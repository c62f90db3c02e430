import { RE2JS } from 're2js'

/** The name that a certificate's distinguished name stands for; undefined when no rule applies. */
export type PrincipalMapper = (distinguishedName: string) => string | undefined

/** `RULE:pattern/replacement/[LU]` with `\/` for a slash, or `DEFAULT`; commas and spaces between them. */
const RULE = /\s*(?:DEFAULT|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y
/** In a replacement: a character as it is, or a group. */
const REFERENCE = /\\(.)|\$(\d)/g

/**
 * Kafka's `ssl.principal.mapping.rules`: the first rule whose pattern matches the whole name says what it becomes. In
 * patterns that take no more than linear time; they know no look-around and no references.
 */
export function principalMapper(text: string): PrincipalMapper | { readonly problem: string } {
  const rules: PrincipalMapper[] = []
  const trimmed = text.trim()
  RULE.lastIndex = 0
  while (RULE.lastIndex < trimmed.length) {
    const at = RULE.lastIndex
    const match = RULE.exec(trimmed)
    if (match === null) return { problem: `Invalid rule: ${trimmed.slice(at)}` }
    const [, pattern, replacement, letterCase] = match
    if (pattern === undefined) {
      rules.push((name) => name)
      continue
    }
    try {
      rules.push(rule(pattern, replacement!, letterCase!))
    } catch (error) {
      return { problem: `Invalid rule: ${pattern}: ${(error as Error).message}` }
    }
  }
  if (rules.length === 0) return (name) => name
  return (name) => {
    for (const rule of rules) {
      const mapped = rule(name)
      if (mapped !== undefined) return mapped
    }
    return undefined
  }
}

function rule(text: string, replacement: string, letterCase: string): PrincipalMapper {
  const pattern = RE2JS.compile(text)
  return (name) => {
    const matcher = pattern.matcher(name)
    if (!matcher.matches()) return undefined
    const groups = matcher.groupCount()
    const mapped = replacement.replace(REFERENCE, (reference, literal?: string, digit?: string) => {
      if (literal !== undefined) return literal
      return Number(digit) > groups ? reference : (matcher.group(Number(digit)) ?? '')
    })
    return letterCase === 'L' ? mapped.toLowerCase() : letterCase === 'U' ? mapped.toUpperCase() : mapped
  }
}
