import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { explain } from '../server/problem.ts'

export const Loading = ({ what = 'Loading' }: { what?: string }) => (
  <div className="state" role="status">
    <span className="spinner" aria-hidden="true" />
    <span>{what} …</span>
  </div>
)

export const Empty = ({ title, children }: { title: string; children?: ReactNode }) => (
  <div className="state">
    <strong>{title}</strong>
    {children}
  </div>
)

export const Failure = ({ error, again }: { error: unknown; again?: () => void }) => {
  const { what, todo } = explain(error)
  return (
    <div className="state" role="alert">
      <strong>{what}</strong>
      <p>{todo}</p>
      {again && (
        <button type="button" className="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}

export const Notice = ({ tone, children }: { tone: 'ok' | 'run' | 'warn' | 'bad' | 'idle'; children: ReactNode }) => (
  <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
)

interface ShownProps<T> {
  readonly query: UseQueryResult<T>
  readonly children: (data: T) => ReactNode
  readonly what?: string
}

/** What was asked for in every state it can be in: on its way, refused, there, and there but no longer fresh. */
export function Shown<T>({ query, children, what }: ShownProps<T>) {
  if (query.data === undefined) {
    if (query.isError) return <Failure error={query.error} again={() => void query.refetch()} />
    return <Loading {...(what !== undefined && { what })} />
  }
  return (
    <>
      {query.isError && <Notice tone="warn">{explain(query.error).what}: what you see is from before.</Notice>}
      {children(query.data)}
    </>
  )
}
