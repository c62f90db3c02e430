const LONGEST = 200

/** Of what stands in an address: the texts of these names, and nothing else. */
export const texts = <Name extends string>(
  search: Readonly<Record<string, unknown>>,
  ...names: readonly Name[]
): { readonly [Key in Name]?: string } => {
  const found = names.flatMap((name) => {
    const value = search[name]
    const text = typeof value === 'number' ? String(value) : value
    return typeof text === 'string' && text !== '' && text.length <= LONGEST ? [[name, text]] : []
  })
  return Object.fromEntries(found) as { readonly [Key in Name]?: string }
}
