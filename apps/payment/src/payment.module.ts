import { readFileSync } from 'node:fs'
import { privateKeysFrom, Unsealer } from '#libs/sealing'
import { defineService, type Service } from '#libs/service'
import { credentials } from '#libs/service-tokens'
import type { Config } from './config.ts'
import { consumers } from './consumers.ts'
import { streamKinds } from './domain/stream-kinds.ts'
import { PaymentProvider } from './provider.ts'
import { providerCalls } from './provider-calls.ts'

export const paymentService = (config: Config): Service => {
  const tokens = new Unsealer(privateKeysFrom(readFileSync(config.PAYMENT_PRIVATE_KEYS_FILE, 'utf8')))
  const shows = credentials(config.SERVICE_KEY_FILE, 'payment', 'simulators')
  const provider = new PaymentProvider(config.SIMULATORS_URL, config.PROVIDER_CONNECTIONS, tokens, shows)
  return defineService({
    name: 'payment',
    config,
    handlers: consumers,
    streams: streamKinds,
    effects: providerCalls(provider, config.PROVIDER_CONNECTIONS),
    resources: [provider],
  })
}
