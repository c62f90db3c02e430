import type { Database, Sql } from '#libs/database'
import type { Projection } from '../projection.ts'
import { pointViewsAt } from '../sql/version-tables.ts'
import { lockVersions, moveVersion, type StoredVersion } from '../sql/versions.ts'

/**
 * Makes a version serve, in one transaction: all of its tables at once, for every reader. Both versions are fed up to
 * here, so readers see no gap; they wait for milliseconds, while the views change. Answers false when it was too late.
 */
export const switchVersion = (
  database: Database,
  projection: Projection,
  target: Pick<StoredVersion, 'projection' | 'version' | 'state'>,
): Promise<boolean> =>
  database.transaction(async (tx: Sql) => {
    // Readers queue behind us while we wait for those who read now: not for long.
    await tx.execute(`SET LOCAL lock_timeout = '3s'`)
    const versions = await lockVersions(tx, projection.name)
    if (versions.find(({ version }) => version === target.version)?.state !== 'switching') return false
    const now = new Date()
    const serving = versions.find(({ state }) => state === 'serving')
    // One is kept: the one that served until now.
    for (const kept of versions.filter(({ state }) => state === 'kept'))
      await moveVersion(tx, kept, 'retired', now, `version ${serving?.version} is kept in its place`)
    if (serving !== undefined) await moveVersion(tx, serving, 'kept', now)
    await moveVersion(tx, { ...target, state: 'switching' }, 'serving', now)
    await pointViewsAt(tx, projection, target.version)
    return true
  })
