import { z } from 'zod'
import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () =>
  loadConfig({
    ...serviceEnvironment,
    /** Entries of state that the process holds at most: some 30 bytes each. */
    MAX_STATE_ENTRIES: z.coerce.number().int().positive().default(4_000_000),
    /**
     * How many other processes keep a copy of the state of each partition, the same in all of them. None by default: one process
     * has nobody to keep it, and a copy costs as much memory as the state and half of the work on it.
     */
    STANDBYS: z.coerce.number().int().min(0).max(1).default(0),
    /** Where raw events are kept: a folder, or `s3://bucket/prefix` (libs/archive). Without it none are. */
    ARCHIVE: z.string().min(1).optional(),
    /** A file is written after so long at most, however little is in it. */
    ARCHIVE_FILE_SECONDS: z.coerce.number().min(1).max(300).default(300),
  })

export type Config = ReturnType<typeof config>
