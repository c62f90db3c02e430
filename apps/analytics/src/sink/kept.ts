import { HOUR, MINUTE, SECOND } from '#libs/streams'

const DAY = 24 * HOUR
/** For how long windows of each size are kept from their last change on. */
export const KEPT_MS: ReadonlyMap<number, number> = new Map([
  [SECOND, HOUR / 2],
  [MINUTE, 7 * DAY],
  [HOUR, 400 * DAY],
])
