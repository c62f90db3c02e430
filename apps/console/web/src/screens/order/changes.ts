/** Where two values differ, as paths: `payment.status`, `items.0.quantity`. Only what is in the newer one is named. */
export const changes = (before: unknown, after: unknown, path = ''): string[] => {
  if (Object.is(before, after)) return []
  if (!isObject(before) || !isObject(after)) return [path]
  return Object.entries(after).flatMap(([name, value]) =>
    changes(before[name], value, path === '' ? name : `${path}.${name}`),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
