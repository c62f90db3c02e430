import type { Broker } from '../broker.ts'
import { endpointText } from '../network/endpoint.ts'
import type { Listener } from '../network/listener.ts'
import type { SettingKind } from './setting-types.ts'

export interface StaticFact {
  readonly name: string
  readonly value: string
  readonly kind: SettingKind
  readonly documentation: string
}

/**
 * What Kafka keeps in its server.properties about where a broker is. Here it is given on the command line, but who asks
 * a broker for its settings looks for it under these names.
 */
export const staticFacts = ({ nodeId, dataDir, listeners }: Broker): readonly StaticFact[] => [
  fact('broker.id', 'int', `${nodeId}`, 'The older name of node.id.'),
  fact('process.roles', 'list', 'broker,controller', 'What this process does in the cluster.'),
  fact('listeners', 'list', listed(listeners, 'address'), 'Where connections are accepted.'),
  fact('advertised.listeners', 'list', listed(listeners, 'advertised'), 'Where clients are told to connect.'),
  fact(
    'inter.broker.listener.name',
    'string',
    listeners[0]?.name ?? '',
    'The listener that brokers would use among themselves.',
  ),
  fact('log.dir', 'string', dataDir, 'Where topics are kept.'),
  fact('log.dirs', 'list', dataDir, 'Where topics are kept.'),
]

const fact = (name: string, kind: SettingKind, value: string, documentation: string): StaticFact => ({
  ...{ name, value, kind, documentation },
})

const listed = (listeners: readonly Listener[], which: 'address' | 'advertised'): string =>
  listeners.map((listener) => `${listener.name}://${endpointText(listener[which])}`).join(',')
