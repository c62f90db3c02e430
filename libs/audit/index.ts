export { Audit } from './audit.ts'
export type { AuditEntry, Deed } from './entry.ts'
export { type AuditFilter, listEntries } from './sql/list-entries.ts'
export { type Verification, verifyTrail } from './verify-trail.ts'
