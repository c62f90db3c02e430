import { diskFull } from './disk-full.ts'
import type { Drill } from './drill.ts'
import { errorRate } from './error-rate.ts'
import { lagHigh } from './lag-high.ts'
import { oracleViolation } from './oracle-violation.ts'
import { outboxOld } from './outbox-old.ts'
import { parkedGrowing } from './parked-growing.ts'
import { projectionBehind } from './projection-behind.ts'
import { stuckSaga } from './stuck-saga.ts'

/** By the alert that each brings about; its runbook is `docs/runbooks/<alert>.md`. */
export const drills: Readonly<Record<string, Drill>> = {
  'lag-high': lagHigh,
  'error-rate': errorRate,
  'disk-full': diskFull,
  'outbox-old': outboxOld,
  'stuck-saga': stuckSaga,
  'parked-growing': parkedGrowing,
  'projection-behind': projectionBehind,
  'oracle-violation': oracleViolation,
}

/** Alerts with a runbook, and why nobody can have them on `npm start`. */
export const withoutDrill: Readonly<Record<string, string>> = {
  'certificate-expiring':
    'npm start has no certificate: it listens on loopback only. Its runbook says how to try it with a listener of the broker.',
}
