import { defineService, type Service } from '#libs/service'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { PaymentProvider } from './provider.ts'
import { providerCalls } from './provider-calls.ts'

export const paymentService = (config: Config): Service => {
  const provider = new PaymentProvider(config.SIMULATORS_URL, config.PROVIDER_CONNECTIONS)
  return defineService({
    name: 'payment',
    config,
    handlers: consumers,
    effects: providerCalls(provider, config.PROVIDER_CONNECTIONS),
    resources: [provider],
  })
}
