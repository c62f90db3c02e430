import { configureLogging } from '#libs/observability'
import { Responder } from './responder.ts'

/**
 * A process that says how many pieces were asked for, until it is killed: `node responder.fixture.js BROKERS INSTANCE`. What
 * it logs says in which generation of its group it is.
 */
const [brokers, instanceId] = process.argv.slice(2) as [string, string]
configureLogging({ level: 'info', format: 'json' })
new Responder({
  ...{ brokers: [brokers], clientId: 'inventory', service: 'inventory', instanceId },
  replies: {
    'stock.check': async ({ data: { lines } }) => ({
      type: 'stock.checked',
      data: { lines: lines.map((line) => ({ ...line, available: line.quantity })) },
    }),
  },
}).start()
