import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { preparePasswords } from './kafka-access/password-files.ts'
import {
  kafkaPasswordsIn,
  keyFilesIn,
  masterKeysIn,
  prepareCarrierSecrets,
  prepareMasterKeys,
  preparePaymentKeys,
  prepareServiceKeys,
} from './key-files.ts'
import { areFree, freePorts } from './postgres/free-port.ts'
import { edgeOf, PORT_NAMES, type Ports, planProcesses } from './processes.ts'
import { ROOT } from './root.ts'
import { ADDRESS, placeSamples } from './samples.ts'
import { ControlServer } from './supervisor/control/control-server.ts'
import { ProcessControl } from './supervisor/control/process-control.ts'
import { Trail } from './supervisor/control/trail.ts'
import { databasePreparation } from './supervisor/databases.ts'
import { forget } from './supervisor/forget.ts'
import { checkLogin, headersOfAdmin, loginSays, tokenLine } from './supervisor/login.ts'
import { parseOptions, type StartOptions, USAGE, UsageError } from './supervisor/options.ts'
import { endLeftovers, type PidFiles, SUPERVISOR } from './supervisor/pid-files.ts'
import { checkPorts, claimData } from './supervisor/preconditions.ts'
import { System, seconds } from './supervisor/system.ts'
import { Terminal } from './supervisor/terminal.ts'

/** The same signal again within this time is the same Ctrl-C, told by the terminal and by npm. Milliseconds. */
const ECHO = 1_000

const start = async (args: string[]): Promise<void> => {
  const startedAt = Date.now()
  if (args.includes('--help')) return console.log(USAGE)
  const options = parseOptions(args, process.env, ROOT)
  checkLogin(edgeOf(options))
  const pids = claimData(options.data)
  process.once('exit', () => pids.remove(SUPERVISOR))
  const left = await endLeftovers(pids, options.data)
  await checkPorts(options)
  if (options.fresh) await forget(options)
  preparePaymentKeys(keyFilesIn(options.data))
  prepareServiceKeys(keyFilesIn(options.data))
  prepareCarrierSecrets(keyFilesIn(options.data).carrierSecrets)
  prepareMasterKeys(masterKeysIn(options.data))
  if (options.kafkaAccess) preparePasswords(kafkaPasswordsIn(options.data))

  const controlServer = new ControlServer()
  await controlServer.listen()
  const plans = planProcesses(options, await choosePorts(options.data), controlServer.environment)
  const terminal = new Terminal(plans.map(({ name }) => name))
  if (left.length > 0) terminal.say(`ended what an earlier start left running: ${left.join(', ')}`)
  terminal.say(`Waybill starts, with its data in ${options.data}`)
  const prepareDatabase = databasePreparation(options)
  const { verbose, data } = options
  const system = new System({ data, plans, pids, terminal, verbose, prepareDatabase })
  const trail = new Trail(join(data, 'operations.jsonl'))
  controlServer.serve({ trail, control: new ProcessControl(() => system.look(), trail) })
  stopOnSignals(system, controlServer, terminal)
  try {
    await system.start()
  } catch (error) {
    terminal.say(`\n${(error as Error).message}\n`)
    await controlServer.close()
    await system.stop()
    process.exit(1)
  }
  terminal.say(`all ready after ${seconds(startedAt)}`)
  if (options.samples) await showSamples(options, terminal, startedAt)
  showAddresses(options, terminal, pids)
}

/**
 * The same ports at every start on the same data, as long as they are free: the carrier keeps the address that it
 * reports to with each shipment, so fulfillment has to come back where it was. A process that the data does not know yet
 * gets one beside them.
 */
const choosePorts = async (data: string): Promise<Ports> => {
  const file = join(data, 'ports.json')
  const written = await readFile(file, 'utf8').then(
    (text): Partial<Ports> => JSON.parse(text) as Partial<Ports>,
    () => ({}),
  )
  const kept: Partial<Ports> = (await areFree(Object.values(written))) ? written : {}
  const taken = new Set(Object.values(kept))
  const free = (await freePorts(PORT_NAMES.length)).filter((port) => !taken.has(port))
  const ports = Object.fromEntries(PORT_NAMES.map((name) => [name, kept[name] ?? free.shift()])) as Ports
  await writeFile(file, JSON.stringify(ports))
  return ports
}

const showSamples = async (options: StartOptions, terminal: Terminal, startedAt: number): Promise<void> => {
  const [address, edge] = [`http://localhost:${options.port}`, edgeOf(options)]
  if (edge.AUTH === 'oidc' && edge.DEVELOPMENT_ISSUER !== 'on')
    return terminal.say(`no sample orders: whoever orders needs a token of ${edge.OIDC_ISSUER}`)
  terminal.say('\nSample orders, one for every way to end:')
  let completed = false
  await placeSamples(address, await headersOfAdmin(edge, address), ({ what, orderId, status, milliseconds }) => {
    terminal.say(`  ${what.padEnd(36)} ${orderId.padEnd(36)}  ${status.padEnd(28)} ${milliseconds} ms`)
    if (status === 'completed' && !completed) {
      completed = true
      terminal.say(`  (the first order completed ${seconds(startedAt)} after the start)`)
    }
  })
}

const showAddresses = (options: StartOptions, terminal: Terminal, pids: PidFiles): void => {
  const address = `http://localhost:${options.port}`
  const edge = edgeOf(options)
  const token = tokenLine(edge, address)
  const order = {
    customerId: 'cust-0001',
    items: [{ sku: 'MUG-WHITE-330', quantity: 1 }],
    payment: { token: 'tok_ok' },
    shippingAddress: ADDRESS,
  }
  terminal.say(`
  console    ${address}/         watch orders, find what is stuck, set it right
  REST       ${address}/api      its description ${address}/docs
  broker     ${options.kafkaBrokers ?? `localhost:${options.brokerPort}`}
  database   ${options.databaseUrl ?? `localhost:${options.postgresPort}`}
  logs       ${options.data}/logs/*.log
  processes  ${pids.names().length}, their pids in ${options.data}/run
  login      ${loginSays(edge, address)}

Place an order, then follow the Location that it answers:

${token === undefined ? '' : `  ${token}\n`}  curl -i ${address}/api/orders -H 'Idempotency-Key: '$RANDOM$RANDOM \\
    ${edge.AUTH === 'oidc' ? '-H "Authorization: Bearer $T" ' : ''}-H 'Content-Type: application/json' -d '${JSON.stringify(order)}'

Ctrl-C stops everything.
ready ${address}`)
}

const stopOnSignals = (system: System, control: ControlServer, terminal: Terminal): void => {
  let stoppingSince: number | undefined
  const stop = async () => {
    if (stoppingSince !== undefined) {
      if (Date.now() - stoppingSince < ECHO) return
      terminal.say('killing everything')
      system.kill()
      await sleep(100)
      process.exit(1)
    }
    stoppingSince = Date.now()
    terminal.say('\nstopping (again to kill)')
    await control.close()
    await system.stop()
    terminal.say(`stopped after ${seconds(stoppingSince)}`)
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())
}

try {
  await start(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`waybill: ${error.message}`)
  process.exit(1)
}
