/**
 * Whether a type, `order.placed`, is one that a pattern means, as in topic exchanges of AMQP: words are separated by dots;
 * `*` is any one word, `#` any number of words, none included. Takes words × words steps, whatever the pattern.
 */
export const matchesPattern = (pattern: string, type: string): boolean => {
  const words = type.split('.')
  // reached[i]: the pattern so far can mean the first i words.
  let reached = words.map(() => false)
  reached.unshift(true)
  for (const part of pattern.split('.')) {
    const next = reached.map((before, i) => {
      if (part === '#') return before
      return i > 0 && reached[i - 1]! && (part === '*' || part === words[i - 1])
    })
    if (part === '#') for (let i = 1; i < next.length; i++) next[i] ||= next[i - 1]!
    reached = next
  }
  return reached.at(-1)!
}
