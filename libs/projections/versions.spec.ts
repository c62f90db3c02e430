import { expect, test } from 'vitest'
import { commandsFor, decideBeginning, decideVersion, type Version, type VersionState } from './versions.ts'

const versions = (...states: VersionState[]): Version[] => states.map((state, i) => ({ version: i + 1, state }))

test('a rebuild is a new version, and one at a time', () => {
  expect(decideVersion(versions('serving'), 'rebuild')).toEqual({ version: 2, to: 'filling' })
  expect(decideVersion(versions('kept', 'serving', 'retired'), 'rebuild')).toEqual({ version: 4, to: 'filling' })
  for (const state of ['filling', 'joining', 'comparing', 'ready'] as const)
    expect(decideVersion(versions('serving', state), 'rebuild')).toMatchObject({ refused: 'rebuild_under_way' })
})

test('what is ready is switched in, and nothing else', () => {
  expect(decideVersion(versions('serving', 'ready'), 'switch')).toEqual({ version: 2, to: 'switching' })
  expect(decideVersion(versions('serving', 'comparing'), 'switch')).toMatchObject({ refused: 'not_ready' })
  expect(decideVersion(versions('serving'), 'switch')).toMatchObject({ refused: 'no_rebuild' })
})

test('a rebuild is cancelled in any state before it is switched in, but never the first version', () => {
  for (const state of ['filling', 'joining', 'comparing', 'ready'] as const)
    expect(decideVersion(versions('serving', state), 'cancel')).toEqual({ version: 2, to: 'retired' })
  expect(decideVersion(versions('filling'), 'cancel')).toMatchObject({ refused: 'nothing_serves' })
  expect(decideVersion(versions('serving'), 'cancel')).toMatchObject({ refused: 'no_rebuild' })
})

test('one goes back to the version that is kept', () => {
  expect(decideVersion(versions('kept', 'serving'), 'rollback')).toEqual({ version: 1, to: 'switching' })
  expect(decideVersion(versions('retired', 'serving'), 'rollback')).toMatchObject({ refused: 'nothing_kept' })
})

test('while a version is switched in everything else waits', () => {
  for (const command of ['rebuild', 'switch', 'rollback', 'cancel'] as const)
    expect(decideVersion(versions('serving', 'switching'), command)).toMatchObject({ refused: 'switch_under_way' })
  expect(commandsFor(versions('serving', 'switching'))).toEqual([])
  expect(commandsFor(versions('kept', 'serving', 'ready'))).toEqual(['switch', 'rollback', 'cancel'])
})

test('a start fills a version of what is defined now, and gives up what is filled by an earlier definition', () => {
  const found = (...all: [VersionState, number][]) =>
    all.map(([state, revision], i) => ({ version: i + 1, state, revision }))
  expect(decideBeginning([], 1)).toEqual({ outdated: [], version: 1 })
  expect(decideBeginning(found(['retired', 1]), 1)).toEqual({ outdated: [], version: 2 })
  expect(decideBeginning(found(['serving', 1]), 1)).toBeUndefined()
  expect(decideBeginning(found(['kept', 1], ['serving', 1], ['filling', 1]), 2)).toEqual({ outdated: [3], version: 4 })
  expect(decideBeginning(found(['serving', 1], ['comparing', 2]), 2)).toBeUndefined()
  // An operator went back: that holds as long as the other one is kept.
  expect(decideBeginning(found(['serving', 1], ['kept', 2]), 2)).toBeUndefined()
  expect(decideBeginning(found(['serving', 1], ['retired', 2]), 2)).toEqual({ outdated: [], version: 3 })
  expect(decideBeginning(found(['serving', 3]), 2)).toBeUndefined()
})
