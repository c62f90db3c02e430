import { createLogger } from '#libs/logging'
import type { LiveSettings } from '../../config/live-settings.ts'
import type { KnownTopics } from '../../consumer-groups/subscription.ts'
import type { RequestContext } from '../../handler.ts'
import type { Controller } from '../../metadata/controller.ts'
import { ANONYMOUS, principalText } from '../principal.ts'
import { Access } from './access.ts'
import { AclOperation, AclResource, operationName, type ResourceName, resourceTypeName } from './acl.ts'
import { authorize, authorizeAnywhere } from './authorize.ts'
import { DenialLog } from './denial-log.ts'

/** Who asks, in the terms that rules are written in. */
export interface Asker {
  /** `User:alice`. */
  readonly principal: string
  /** The address alone. */
  readonly host: string
}

/** Decides by the rules in the metadata journal, and by what the broker was started with. */
export class Authorizer {
  private readonly superUsers: ReadonlySet<string>
  private readonly denials: DenialLog

  constructor(
    private readonly controller: Controller,
    private readonly settings: LiveSettings['values'],
    now: () => number,
  ) {
    const names = settings['super.users'].split(';').map((name) => name.trim())
    this.superUsers = new Set(names.filter((name) => name !== ''))
    this.denials = new DenialLog(createLogger('authorizer'), now)
  }

  /** Undefined where there is none: then everybody may do everything. */
  static of(controller: Controller, settings: LiveSettings['values'], now: () => number): Authorizer | undefined {
    return settings['authorizer.class.name'] === '' ? undefined : new Authorizer(controller, settings, now)
  }

  /** What whoever sent the request may do. */
  accessOf(context: RequestContext): Access {
    return new Access(this, context, askerOf(principalText(context.principal), context.clientHost))
  }

  may({ principal, host }: Asker, operation: AclOperation, resource: ResourceName): boolean {
    if (this.superUsers.has(principal)) return true
    const verdict = authorize(this.controller.image.acls, principal, host, operation, resource)
    return verdict === 'unruled' ? this.settings['allow.everyone.if.no.acl.found'] : verdict === 'allowed'
  }

  /** Whether there could be any resource of the type that this may be done to. */
  mayAnywhere(asker: Asker, operation: AclOperation, type: AclResource): boolean {
    // A name that nobody has a rule for: it answers for whoever may do everything.
    if (this.may(asker, operation, { type, name: 'hardcode' })) return true
    return authorizeAnywhere(this.controller.image.acls, asker.principal, asker.host, operation, type)
  }

  /** For the audit: somebody has asked for what is denied. */
  tellDenied({ principal, host }: Asker, operation: AclOperation, { type, name }: ResourceName): void {
    this.denials.add({
      ...{ principal, host, operation: operationName(operation) },
      ...{ resourceType: resourceTypeName(type), resource: name },
    })
  }
}

/** A client's host is written `/10.0.0.1`; an IPv4 client of an IPv6 socket as nobody writes it into a rule. */
export const askerOf = (principal: string, clientHost: string): Asker => ({
  principal,
  host: clientHost.replace(/^\//, '').replace(/^::ffff:(?=\d+\.)/i, ''),
})

/** The topics as members of groups see them: an expression finds only what its member may describe. */
export function visibleTopics(topics: KnownTopics, authorizer: Authorizer | undefined): KnownTopics {
  if (authorizer === undefined) return topics
  return {
    find: (name) => topics.find(name),
    findById: (topicId) => topics.findById(topicId),
    all: () => topics.all(),
    isVisible: ({ principal, clientHost }, name) => {
      const asker = askerOf(principal ?? principalText(ANONYMOUS), clientHost)
      return authorizer.may(asker, AclOperation.describe, { type: AclResource.topic, name })
    },
  }
}
