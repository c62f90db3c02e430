import type { Channel } from '../domain/channels.ts'
import { campaignTexts } from './campaigns.ts'
import * as de from './de.ts'
import * as en from './en.ts'
import * as sv from './sv.ts'
import type { Locale, Template, Vocabulary } from './texts.ts'

/** Templates by name, channel and language. */
type Revision = Readonly<Record<Locale, Readonly<Record<string, Partial<Readonly<Record<Channel, Template>>>>>>>

/**
 * Every wording that ever went out, oldest first: a change is a further revision that has only what it changes. What is
 * tried again is said in the words of its first try, or a provider would take it for another message under the same key.
 */
const REVISIONS: readonly Partial<Revision>[] = [{ en: en.texts, de: de.texts, sv: sv.texts }, campaignTexts]

export const vocabularies: Readonly<Record<Locale, Vocabulary>> = {
  en: en.vocabulary,
  de: de.vocabulary,
  sv: sv.vocabulary,
}

export interface Wording {
  readonly template: string
  readonly channel: Channel
  readonly locale: Locale
  /** Counts from 1. */
  readonly version: number
}

/** The version that new notifications are written in; undefined for a template that there is not. */
export const latestVersion = (template: string, channel: Channel, locale: Locale): number | undefined => {
  const index = REVISIONS.findLastIndex((revision) => revision[locale]?.[template]?.[channel] !== undefined)
  return index < 0 ? undefined : index + 1
}

/** As it read in that version; undefined when there was none yet. */
export const templateOf = ({ template, channel, locale, version }: Wording): Template | undefined =>
  REVISIONS.slice(0, version)
    .map((revision) => revision[locale]?.[template]?.[channel])
    .findLast((found) => found !== undefined)

export const templateNames = (): string[] => [...Object.keys(en.texts), ...Object.keys(campaignTexts.en)]
