/** Tells of trouble with the disk and of recoveries: one sentence, and what it is about. */
export type Report = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void
