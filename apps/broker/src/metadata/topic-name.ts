const MAX_NAME_LENGTH = 249

/** Kafka's rule for topic names; undefined when the name is good. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return "Topic name is invalid: '.' or '..' is not allowed"
  if (name.length > MAX_NAME_LENGTH) return `Topic name is invalid: it is longer than ${MAX_NAME_LENGTH} characters`
  if (/^[A-Za-z0-9._-]+$/.test(name)) return undefined
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Kafka refuses `a.b` beside `a_b`, because its metrics cannot tell them apart: names with the same key collide. */
export const collisionKey = (name: string): string => name.replaceAll('.', '_')
