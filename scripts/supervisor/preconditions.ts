import { createServer } from 'node:net'
import { type StartOptions, UsageError } from './options.ts'
import { isRunning, PidFiles, SUPERVISOR } from './pid-files.ts'
import { privateFolder } from './private-folder.ts'

/** On the command line of every supervisor: npm's scripts come through the one file, tests start the other. */
export const SUPERVISOR_MARK = /bootstrap\.mjs|scripts\/start\.js/

/** Refuses to start a second system on the same data. */
export const claimData = (data: string): PidFiles => {
  privateFolder(data)
  const pids = new PidFiles(data)
  while (!pids.claim(SUPERVISOR, process.pid)) {
    const other = pids.read(SUPERVISOR)
    if (other !== undefined && other !== process.pid && isRunning(other, SUPERVISOR_MARK))
      throw new UsageError(
        `already running on ${data} (pid ${other}): stop it with npm stop, or name another --data DIR`,
      )
    pids.remove(SUPERVISOR)
  }
  return pids
}

/** Refuses to start when somebody else has one of the ports that users know the system by. */
export const checkPorts = async (options: StartOptions): Promise<void> => {
  const wanted: [port: number, what: string, setting: string][] = [[options.port, 'the console', '--port N']]
  if (options.kafkaBrokers === undefined) wanted.push([options.brokerPort, 'the broker', 'BROKER_PORT=N'])
  if (options.databaseUrl === undefined) wanted.push([options.postgresPort, 'PostgreSQL', 'POSTGRES_PORT=N'])
  const problems: string[] = []
  for (const [port, what, setting] of wanted)
    if (!(await isFree(port)))
      problems.push(`port ${port}, for ${what}, is in use: free it or choose another, ${setting}`)
  if (new Set(wanted.map(([port]) => port)).size < wanted.length)
    problems.push(`${wanted.map(([port, what]) => `${what} ${port}`).join(', ')}: these ports must differ`)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
