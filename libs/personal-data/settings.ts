import { z } from 'zod'

/** What a process is told that seals or opens; spread into its configuration. */
export const personalDataSettings = {
  /** Of the database of customers' keys. */
  VAULT_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgresql:// URL' }),
  /** Master keys, 32 bytes in base64 a line, the newest first. */
  MASTER_KEYS_FILE: z.string().optional(),
  /** The same as text, before the file. */
  MASTER_KEYS: z.string().optional(),
}
