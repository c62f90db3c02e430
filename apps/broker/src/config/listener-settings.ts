import { MECHANISMS } from '../security/authentication/mechanism.ts'
import { authenticationSettings, OF_MECHANISMS } from '../security/authentication/settings.ts'
import { SettingProblem } from './setting-types.ts'
import { definitionOf, type ListenerTexts, type SettingName, type Settings, type SettingTexts } from './settings.ts'

const PREFIX = /^listener\.name\.([A-Za-z0-9_-]+)\.(.+)$/
const OF_LISTENERS: readonly string[] = [
  ...Object.keys(authenticationSettings),
  'max.connections',
  'max.connection.creation.rate',
]

/** Kafka validates tokens only where it is told which class does it. */
export const VALIDATOR = 'sasl.server.callback.handler.class'
export const isTokenValidator = (value: string): boolean =>
  /^org\.apache\.kafka\.common\.security\.oauthbearer\.(secured\.)?OAuthBearerValidatorCallbackHandler$/.test(value)

/** Of which setting `listener.name.NAME[.MECHANISM].SETTING` speaks; undefined when it is not of that form. */
export function listenerSetting(key: string) {
  const [, listener, rest] = PREFIX.exec(key) ?? []
  if (listener === undefined || rest === undefined) return undefined
  const mechanism = MECHANISMS.find((name) => rest.startsWith(`${name.toLowerCase()}.`))
  const name = mechanism === undefined ? rest : rest.slice(mechanism.length + 1)
  const allowed: readonly string[] = mechanism === undefined ? OF_LISTENERS : OF_MECHANISMS
  // The name of a listener means the same in whatever case it is written.
  return { key: `listener.name.${listener.toLowerCase()}.${rest}`, name, isAllowed: allowed.includes(name) }
}

/** What holds for one listener: what is said for its mechanism, for it, for all, or nowhere. */
export class ListenerSettings {
  constructor(
    private readonly listener: string,
    private readonly ofListeners: ListenerTexts,
    private readonly given: SettingTexts,
  ) {}

  get<N extends SettingName>(name: N, mechanism?: string): Settings[N] {
    const { fallback, parse } = definitionOf(name)
    const text = this.ofMechanism(name, mechanism) ?? this.ofListeners[`${this.prefix}${name}`] ?? this.given[name]
    const parsed = text === undefined ? fallback : parse(text)
    // What cannot be parsed has been refused before.
    return (parsed instanceof SettingProblem ? fallback : parsed) as Settings[N]
  }

  /** What is said for this mechanism of this listener alone. */
  ofMechanism(name: SettingName, mechanism: string | undefined): string | undefined {
    return mechanism === undefined ? undefined : this.ofListeners[`${this.prefix}${mechanism.toLowerCase()}.${name}`]
  }

  /** What is said for this listener alone. */
  ofListener(name: SettingName): string | undefined {
    return this.ofListeners[`${this.prefix}${name}`]
  }

  private get prefix(): string {
    return `listener.name.${this.listener.toLowerCase()}.`
  }
}
