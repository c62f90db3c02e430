import { ErrorCode, type RequestOf, updateFeatures } from '#libs/kafka-protocol'
import { defineHandler } from '../handler.ts'
import { features } from '../metadata/features.ts'

type Update = RequestOf<typeof updateFeatures>['featureUpdates'][number]

/**
 * UpdateFeatures: 0-2
 * - Every feature stays at its level: an update to that is answered, any other refused.
 */
export const handleUpdateFeatures = defineHandler({
  api: updateFeatures,
  advertised: { min: 0, max: 2 },
  handle({ featureUpdates }, { broker }) {
    for (const update of featureUpdates) {
      const problem = updateProblem(update, broker.nodeId)
      if (problem === undefined) continue
      const { feature, maxVersionLevel } = update
      const errorMessage =
        'The update failed for all features since the following feature had an error: ' +
        `Invalid update version ${maxVersionLevel} for feature ${feature}. ${problem}`
      return { errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage, results: [] }
    }
    const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE }))
    return { errorCode: ErrorCode.NONE, results }
  },
})

const UPGRADE = 1
const UNSAFE_DOWNGRADE = 3

function updateProblem(update: Update, nodeId: number): string | undefined {
  const { feature, maxVersionLevel, allowDowngrade, upgradeType } = update
  if (upgradeType < UPGRADE || upgradeType > UNSAFE_DOWNGRADE) {
    return 'The controller does not support the given upgrade type.'
  }
  if (maxVersionLevel < 0) return 'A feature version cannot be less than 0.'
  const known = Object.hasOwn(features, feature) ? features[feature] : undefined
  if (known === undefined) return `Local controller ${nodeId} does not support this feature.`
  const { min, max, level } = known
  if (maxVersionLevel < min || maxVersionLevel > max) {
    return `Local controller ${nodeId} only supports versions ${min}-${max}`
  }
  if (maxVersionLevel === level) return undefined
  return upgradeType === UPGRADE && !allowDowngrade
    ? "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
    : 'This broker works at one version of this feature only.'
}
