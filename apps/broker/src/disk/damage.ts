/**
 * How the broker before this one ended, which says what may be wrong with files it has written.
 *
 * - `CLEAN`: everything was synced and nothing is open: whatever is not whole is damaged.
 * - `KILLED`: the process died and the machine ran on: the page cache has all that was written, and only the last write
 *   may have been cut short.
 * - `POWER_CUT`: the machine went down too, or that cannot be known: what was not synced may be missing anywhere.
 */
export type LastStop = 'CLEAN' | 'KILLED' | 'POWER_CUT'

/**
 * A file lacks something that it certainly had. Nobody but the operator may decide to go on without: see repair/.
 */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError'

  constructor(
    readonly path: string,
    /** Where in the file, in bytes. */
    readonly position: number,
    /** One sentence: what a repair gives up. */
    readonly lost: string,
  ) {
    super(`${path} is damaged at byte ${position}. ${lost}`)
  }
}
