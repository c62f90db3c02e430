import type { UnitOfWork } from '#libs/database'
import { type Refusal, refuse } from '#libs/decider'
import type { Projection } from './projection.ts'
import { createTables } from './sql/version-tables.ts'
import { insertVersion, lockVersions, moveVersion } from './sql/versions.ts'
import { decideVersion, type VersionCommand, type VersionRefusal } from './versions.ts'

export interface VersionRequest {
  readonly command: VersionCommand
  readonly actor: string
  readonly reason?: string | undefined
  /** Of a rebuild: whether it switches by itself. */
  readonly automatic?: boolean
}

/** What a person may ask of a projection, decided while its versions are nobody else's to change; answers the version it is about. */
export const commandVersion = async (
  uow: UnitOfWork,
  projection: Projection,
  { command, actor, reason, automatic = true }: VersionRequest,
): Promise<number | Refusal<VersionRefusal>> => {
  const versions = await lockVersions(uow, projection.name)
  const change = decideVersion(versions, command)
  if ('refused' in change) return change
  const { version, to } = change
  if (to === 'filling') {
    const { name, revision } = projection
    const asked = { projection: name, version, revision, automatic, requestedBy: actor, reason }
    if ((await insertVersion(uow, asked, uow.now)) === 0)
      return refuse('rebuild_under_way', `version ${version} was begun at the same moment`)
    await createTables(uow, projection, version)
    return version
  }
  const before = versions.find((one) => one.version === version)!
  await moveVersion(uow, before, to, uow.now, to === 'retired' ? `cancelled by ${actor}` : undefined)
  return version
}
