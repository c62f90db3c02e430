import { SettingProblem, textOf } from './setting-types.ts'
import { definitionOf, definitions, type SettingName, type Settings, type SettingTexts } from './settings.ts'

/** Whom a change concerns: this broker, or every broker of the cluster, of which this is the only one. */
export type SettingScope = 'broker' | 'cluster'

/** Where a value comes from, strongest first. */
export type SettingSource = SettingScope | 'static' | 'default'

export interface SettingLayer {
  readonly source: SettingSource
  readonly value: string
}

const NAMES = Object.keys(definitions) as SettingName[]

/**
 * The settings in force: what was set while the broker runs lies over what it was started with, and that over Kafka's
 * defaults. `values` is always the same object, so whoever holds it sees changes.
 */
export class LiveSettings {
  readonly values: Settings
  private readonly changed: Record<SettingScope, SettingTexts> = { broker: {}, cluster: {} }
  private readonly given: SettingTexts

  /** `given` must be free of problems. */
  constructor(given: SettingTexts = {}) {
    this.given = given
    this.values = Object.fromEntries(NAMES.map((name) => [name, this.valueOf(name)])) as Settings
  }

  /** What has been set for this scope while running. */
  changesOf(scope: SettingScope): SettingTexts {
    return this.changed[scope]
  }

  /** Replaces everything that was set for this scope; `texts` must be free of problems. */
  change(scope: SettingScope, texts: SettingTexts): void {
    this.changed[scope] = texts
    const values = this.values as Record<SettingName, unknown>
    for (const name of NAMES) values[name] = this.valueOf(name)
  }

  /** Every value this setting has, the one in force first. Empty when it is unset. */
  layersOf(name: SettingName): SettingLayer[] {
    const { fallback } = definitionOf(name)
    const texts: [SettingSource, string | undefined][] = [
      ['broker', this.changed.broker[name]],
      ['cluster', this.changed.cluster[name]],
      ['static', this.given[name]],
      ['default', fallback === null ? undefined : textOf(fallback)],
    ]
    return texts.flatMap(([source, value]) => (value === undefined ? [] : [{ source, value }]))
  }

  private valueOf(name: SettingName): string | number | boolean | null {
    const [strongest] = this.layersOf(name)
    if (strongest === undefined || strongest.source === 'default') return definitionOf(name).fallback
    const parsed = definitionOf(name).parse(strongest.value)
    // A journal may hold a value that an older version allowed.
    return parsed instanceof SettingProblem ? definitionOf(name).fallback : parsed
  }
}
