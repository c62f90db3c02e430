import { Problem } from '#libs/http'

const UNDEFINED_TABLE = '42P01'

/** What a projection's readers are told before its first version serves. */
export const served = async <T>(projection: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read()
  } catch (error) {
    if ((error as { code?: unknown }).code !== UNDEFINED_TABLE) throw error
    throw new Problem(503, {
      type: 'projection-not-ready',
      detail: `${projection} is being filled for the first time, see /api/projections/${projection}`,
    })
  }
}
