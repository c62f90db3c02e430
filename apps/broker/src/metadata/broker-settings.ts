import type { LiveSettings, SettingScope } from '../config/live-settings.ts'
import type { SettingTexts } from '../config/settings.ts'
import type { MetadataStore } from './metadata-store.ts'
import type { Refusal } from './refusal.ts'
import type { Topics } from './topics.ts'

/** The broker's settings that are changed while it runs. */
export class BrokerSettings {
  constructor(
    private readonly store: MetadataStore,
    private readonly settings: LiveSettings,
    private readonly topics: Topics,
  ) {}

  /** Replaces what was set for this scope by what `change` makes of it, unless it says why not. */
  configure(scope: SettingScope, change: () => SettingTexts | Refusal): Promise<Refusal | undefined> {
    return this.store.queue.run('everything', async () => {
      const configs = change()
      if (typeof (configs as Refusal).errorCode === 'number') return configs as Refusal
      await this.store.record({ type: 'BrokerConfigured', scope, configs: configs as SettingTexts })
      this.settings.change(scope, configs as SettingTexts)
      this.topics.settingsChanged()
      return undefined
    })
  }
}

/** At the start: what was set while the broker ran before. */
export function restoreSettings({ image }: MetadataStore, settings: LiveSettings): void {
  for (const scope of ['broker', 'cluster'] as const) settings.change(scope, image.brokerConfigs[scope])
}
