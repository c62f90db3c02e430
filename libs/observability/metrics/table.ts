import { ofBroker } from './broker.ts'
import type { Metric } from './description.ts'
import { ofConsole, ofServices } from './services.ts'

/**
 * Every metric of Waybill: its name, its unit, its labels and what bounds them. A dashboard or an alert depends on
 * these; docs/metrics.md is made of them.
 */
export const metrics = { ...ofServices, ...ofConsole, ...ofBroker } as const

/** All of them, in the order of the table. */
export const metricTable: readonly Metric[] = Object.values(metrics).flatMap((group): Metric[] => Object.values(group))
