/** Substitutions in one value: more than any has. */
const MOST = 100

/**
 * What compose makes of a value in a file: `${NAME}` and `${NAME:-otherwise}`, one inside the other, too.
 * @throws Error for a form of compose's that is not known here.
 */
export const interpolate = (text: string, environment: Readonly<Record<string, string>>): string => {
  let result = text
  for (let i = 0; i < MOST; i++) {
    // The innermost first: its default has none.
    const found = /(?<!\$)\$\{(\w+)(?::-([^${}]*))?\}/.exec(result)
    if (found === null) break
    const [all, name, otherwise = ''] = found
    result = result.slice(0, found.index) + (environment[name!] || otherwise) + result.slice(found.index + all.length)
  }
  if (/(?<!\$)\$\{/.test(result)) throw new Error(`not understood: ${/\$\{.*/.exec(result)![0]}`)
  return result
}
