import { type AnyMessage, type MessageType, type Topic, topicOf } from '#libs/contracts'
import type { Sql, UnitOfWork } from '#libs/database'

/**
 * A read model, whole: what it is made of, where it is kept and how a message changes it.
 *
 * Its rows end the same in whatever order messages come and however often each comes: that is what lets a new version
 * be filled from the topics' beginning while the live feed goes on, and be compared with the one that serves.
 */
export interface Projection {
  readonly name: string
  /** Raised when its definition changes in what its rows say: then a new version is filled. */
  readonly revision: number
  /** The messages that it is made of. */
  readonly types: ReadonlySet<MessageType>
  readonly tables: readonly ProjectionTable[]
  /** One unit of work's way into the tables of one version. */
  rows(uow: UnitOfWork, version: number): Rows
}

export interface Rows {
  /** Says, without I/O, that this message will be applied. */
  announce(message: AnyMessage): void
  /** Asks for everything announced, without waiting. */
  prefetch(): void
  apply(message: AnyMessage): Promise<void>
  /** The first statement is asked for before anything is waited for. */
  flush(sql: Sql): Promise<void>
}

/** A table of a projection. Each version of the projection has one of its own; readers find the one that serves by `name`. */
export interface ProjectionTable {
  /** Of the view that shows the version that serves. */
  readonly name: string
  /** Columns and constraints, as CREATE TABLE takes them. */
  readonly columns: string
  /** Each as CREATE INDEX takes it behind ON table. */
  readonly indexes?: readonly string[]
  /** Storage parameters, as CREATE TABLE takes them behind WITH. */
  readonly storage?: string
  /** What two versions are compared by. */
  readonly compared: {
    /** The columns of the primary key. */
    readonly key: readonly string[]
    /** What a row `t` says, as an SQL expression of type text, whatever the order in which it was told. */
    readonly says: string
    /** Rows that say nothing are left out: an SQL condition on `t`. */
    readonly where?: string
  }
}

/** Where the tables of all versions are. */
export const SCHEMA = 'projections'

export const tableOf = ({ name }: Pick<ProjectionTable, 'name'>, version: number): string =>
  `${SCHEMA}.${name}_${version}`

/** What a version's checkpoints are called while it is filled. */
export const placeNameOf = (projection: string, version: number): string => `${projection}@${version}`

/** The topics that it is made of. */
export const topicsOf = ({ types }: Projection): Topic[] => [...new Set([...types].map(topicOf))]
