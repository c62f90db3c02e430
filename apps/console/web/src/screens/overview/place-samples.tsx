import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { count } from '../../format/money.ts'
import { type Kind, kinds } from '../../placing/kinds.ts'
import { catalogueQuery } from '../../placing/queries.ts'
import { Card } from '../../ui/page.tsx'
import { idle, type Progress, placeMany } from './place-many.ts'

const SECONDS = 60

/** Orders to look at: one, or many for a minute. */
export const PlaceSamples = () => {
  const catalogue = useQuery(catalogueQuery)
  const [token, setToken] = useState<Kind>('tok_ok')
  const [progress, setProgress] = useState<Progress>(idle)
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])
  const start = (total: number, perSecond: number) => {
    running.current?.abort()
    const stopping = new AbortController()
    running.current = stopping
    const skus = (catalogue.data?.items ?? []).map(({ sku }) => sku)
    void placeMany({ skus, token, total, perSecond }, setProgress, stopping.signal)
  }
  const isReady = catalogue.data !== undefined && !progress.isRunning
  return (
    <Card title="Place sample orders">
      <div className="filters">
        <label className="field">
          Paid with
          <select value={token} onChange={({ target }) => setToken(target.value as Kind)}>
            {kinds.map(({ token, says }) => (
              <option key={token} value={token}>
                {says}
              </option>
            ))}
          </select>
        </label>
        <button type="button" className="button" data-kind="primary" disabled={!isReady} onClick={() => start(1, 1)}>
          One
        </button>
        {[20, 200].map((rate) => (
          <button
            key={rate}
            type="button"
            className="button"
            disabled={!isReady}
            onClick={() => start(rate * SECONDS, rate)}
          >
            {rate} per second for a minute
          </button>
        ))}
        {progress.isRunning && (
          <button type="button" className="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        )}
      </div>
      <p role="status" className="placed">
        {progress.placed > 0 && `${count(progress.placed)} placed`}
        {progress.refused > 0 && `, ${count(progress.refused)} refused: ${progress.lastProblem}`}
        {progress.lastOrderId && (
          <>
            {' '}
            <Link to="/orders/$orderId" params={{ orderId: progress.lastOrderId }}>
              follow the newest
            </Link>
          </>
        )}
      </p>
    </Card>
  )
}
