import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePorts } from '../../scripts/postgres/free-port.ts'
import { nodeFlags } from '../../scripts/processes.ts'
import { ROOT } from '../../scripts/root.ts'
import { until } from '../support/until.ts'

interface Where {
  readonly brokers: string
  readonly databaseUrl: string
  /** A folder for raw events; without it none are kept. */
  readonly archive?: string
  /** How many copies there are of the state of each partition. */
  readonly standbys?: number
}

/** The analytics service as a process of its own, which can be killed and started again under its name. */
export class AnalyticsProcess {
  #child: ChildProcess | undefined

  private constructor(
    private readonly where: Where,
    private readonly name: string,
    private readonly port: number,
  ) {}

  static async start(where: Where, name: string): Promise<AnalyticsProcess> {
    const [port] = (await freePorts(1)) as [number]
    const analytics = new AnalyticsProcess(where, name, port)
    analytics.#spawn()
    return analytics
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** `kill -9`, and started again. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
    this.#spawn()
  }

  /** It works on its partitions. */
  async isReady(): Promise<void> {
    await until(`${this.name} to be ready`, async () => {
      if (this.#child?.exitCode !== null) throw new Error(`${this.name} ended with ${this.#child?.exitCode}`)
      return (await fetch(`${this.url}/health/ready`).catch(() => undefined))?.ok || undefined
    })
  }

  /** For good, and at once. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  #spawn(): void {
    const main = join(ROOT, 'dist/apps/analytics/src/main.js')
    const { brokers, databaseUrl, archive, standbys = 0 } = this.where
    this.#child = spawn(process.execPath, [...nodeFlags('service'), main], {
      ...{ cwd: ROOT, stdio: process.env.ANALYTICS_LOG === undefined ? 'ignore' : 'inherit' },
      env: {
        ...process.env,
        SERVICE_AUTH: 'off',
        ...(archive !== undefined && { ARCHIVE: archive, ARCHIVE_FILE_SECONDS: '1' }),
        STANDBYS: String(standbys),
        ...{ PORT: String(this.port), INSTANCE_ID: this.name, KAFKA_BROKERS: brokers, DATABASE_URL: databaseUrl },
      },
    })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child!
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}
