import { rowOf, type Store } from './store.ts'

/** The settings of one simulator, as they were last changed. */
export class StoredSettings<Settings extends object> {
  #current: Settings

  constructor(
    private readonly store: Store,
    private readonly simulator: string,
    defaults: Settings,
  ) {
    const row = rowOf<{ value: string }>(store.prepare('SELECT value FROM settings WHERE simulator = ?'), simulator)
    this.#current = { ...defaults, ...(row && JSON.parse(row.value)) }
  }

  get current(): Settings {
    return this.#current
  }

  async change(settings: Settings): Promise<Settings> {
    await this.store.write(() => this.#save(settings))
    this.#current = settings
    return settings
  }

  /** Within a write. */
  restore(settings: Settings): void {
    this.#save(settings)
    this.#current = settings
  }

  #save(settings: Settings): void {
    const sql = 'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
    this.store.prepare(sql).run(this.simulator, JSON.stringify(settings))
  }
}
