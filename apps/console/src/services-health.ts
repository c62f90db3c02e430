import type { Forwarder, Patience } from './forwarder.ts'
import { consuming, type ServiceName } from './services.ts'

export interface ServiceHealth {
  readonly status: string
  readonly checks?: object
  /** Rows of its outbox that wait to be published. */
  readonly outboxBacklog?: number
}

/** How each service says it is, asked at once; one that does not answer is `unreachable`. */
export const servicesHealth = async (
  forwarder: Forwarder,
  patience: Patience,
): Promise<Readonly<Record<string, ServiceHealth>>> => {
  const names = [...consuming, 'simulators'] as const
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await healthOf(forwarder, name, patience)] as const)),
  )
}

const healthOf = async (forwarder: Forwarder, service: ServiceName, patience: Patience): Promise<ServiceHealth> => {
  try {
    const { body } = await forwarder.forward(service, { method: 'GET', path: '/health/ready', headers: {} }, patience)
    const { status, checks, outboxBacklog } = JSON.parse(body.toString('utf8')) as Omit<ServiceHealth, 'status'> & {
      readonly status: string | number
    }
    return {
      status: status === 'ok' ? 'ok' : 'not ready',
      ...(checks && { checks }),
      ...(outboxBacklog !== undefined && { outboxBacklog }),
    }
  } catch {
    return { status: 'unreachable' }
  }
}
