import type { ArchiveStore } from './archive-store.ts'
import { FolderStore } from './folder-store.ts'
import { S3Store } from './s3-store.ts'

/**
 * The store that a setting names: a folder, or `s3://bucket/prefix` with what AWS's own tools read from the environment
 * (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_ENDPOINT_URL` where it is not Amazon's). Throws
 * when something is missing.
 */
export const archiveStore = (place: string, environment: NodeJS.ProcessEnv = process.env): ArchiveStore => {
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place)
  if (s3 === null) return new FolderStore(place)
  const of = (name: string): string => {
    const value = environment[name]
    if (value === undefined || value === '') throw new Error(`an archive at ${place} needs ${name}`)
    return value
  }
  const region = environment.AWS_REGION ?? 'us-east-1'
  return new S3Store({
    endpoint: (environment.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`).replace(/\/$/, ''),
    bucket: s3[1]!,
    prefix: s3[2]!.replace(/\/$/, ''),
    region,
    accessKeyId: of('AWS_ACCESS_KEY_ID'),
    secretAccessKey: of('AWS_SECRET_ACCESS_KEY'),
  })
}
