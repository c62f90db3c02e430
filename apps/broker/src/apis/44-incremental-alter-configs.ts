import { ErrorCode, incrementalAlterConfigs, type RequestOf } from '#libs/kafka-protocol'
import { alterConfigs, type Configs, type Configurable, invalidRequest } from '../config/config-resource.ts'
import { defineHandler } from '../handler.ts'
import type { Refusal } from '../metadata/refusal.ts'

const Operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const

type Resource = RequestOf<typeof incrementalAlterConfigs>['resources'][number]
type Change = Resource['configs'][number]

/**
 * IncrementalAlterConfigs: 0-1
 * - A setting that the broker does not know is refused.
 */
export const handleIncrementalAlterConfigs = defineHandler({
  api: incrementalAlterConfigs,
  advertised: { min: 0, max: 1 },
  async handle(request, { broker }) {
    const responses = []
    for (const { resourceType, resourceName, configs } of request.resources) {
      const resource = { resourceType, resourceName }
      const refusal =
        duplicate(request.resources, resource, configs) ??
        (await alterConfigs(broker, resource, request.validateOnly, (target) => applied(target, configs)))
      responses.push({ errorCode: ErrorCode.NONE, errorMessage: null, ...refusal, ...resource })
    }
    return { responses }
  },
})

function duplicate(
  resources: readonly Resource[],
  { resourceType, resourceName }: Pick<Resource, 'resourceType' | 'resourceName'>,
  changes: readonly Change[],
): Refusal | undefined {
  const same = resources.filter((other) => other.resourceType === resourceType && other.resourceName === resourceName)
  if (same.length > 1) return invalidRequest('Each resource must appear at most once.')
  const names = new Set(changes.map(({ name }) => name))
  return names.size < changes.length ? invalidRequest('Error due to duplicate config keys') : undefined
}

function applied(target: Configurable, changes: readonly Change[]): Configs | Refusal {
  const configs: Record<string, string> = { ...target.configs }
  for (const { name, configOperation, value } of changes) {
    if (configOperation === Operation.delete) {
      delete configs[name]
      continue
    }
    if (value === null) return invalidRequest(`Null value not supported for : ${name}`)
    if (configOperation === Operation.set) {
      configs[name] = value
      continue
    }
    const isAppend = configOperation === Operation.append
    if (!isAppend && configOperation !== Operation.subtract) {
      return invalidRequest(`Unknown config operation ${configOperation}`)
    }
    if (target.kindOf(name) !== 'list') {
      const verb = isAppend ? 'APPEND to' : 'SUBTRACT from'
      const errorMessage = `Can't ${verb} key ${name} because its type is not LIST.`
      return { errorCode: ErrorCode.INVALID_CONFIG, errorMessage }
    }
    configs[name] = changedList(configs[name] ?? target.inherited(name), value, isAppend)
  }
  return configs
}

function changedList(list: string, value: string, isAppend: boolean): string {
  const given = value.split(',').filter((entry) => entry !== '')
  const before = list.split(',').filter((entry) => entry !== '' && (isAppend || !given.includes(entry)))
  return (isAppend ? [...before, ...given.filter((entry) => !before.includes(entry))] : before).join(',')
}
