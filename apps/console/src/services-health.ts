import type { Forwarder, Patience } from './forwarder.ts'
import { consuming, type ServiceName } from './services.ts'

export interface ServiceHealth {
  readonly status: string
  readonly checks?: object
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
    const { status, checks } = JSON.parse(body.toString('utf8')) as { status: string | number; checks?: object }
    return { status: status === 'ok' ? 'ok' : 'not ready', ...(checks && { checks }) }
  } catch {
    return { status: 'unreachable' }
  }
}
