import { Link, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import brand from '../icon.svg'
import { nav } from '../nav.ts'
import { troubles, useHealth } from '../server/health.ts'
import { useMay, useMe } from '../server/me.ts'
import { isRefusal } from '../server/problem.ts'
import { Alerts } from './alerts.tsx'
import { Icon } from './icon.tsx'
import { Page } from './page.tsx'
import { Empty, Notice } from './states.tsx'
import { Who } from './who.tsx'

/** What is around every screen: where one can go, and what is not well in the whole system. */
export const Shell = () => (
  <div className="shell">
    <a className="skip" href="#main">
      Skip to the content
    </a>
    <Side />
    <main id="main" className="main" tabIndex={-1}>
      <Troubles />
      <Alerts />
      <Outlet />
    </main>
  </div>
)

const Side = () => {
  const [open, setOpen] = useState(false)
  const { data: me } = useMe()
  const may = useMay()
  const shown = nav
    .map(({ title, entries }) => ({ title, entries: entries.filter(({ asks }) => me === undefined || may(asks)) }))
    .filter(({ entries }) => entries.length > 0)
  return (
    <header className="side" data-open={open || undefined}>
      <div className="side-head">
        <Link to="/" className="brand">
          <img src={brand} alt="" width="24" height="24" />
          Waybill
        </Link>
        <button
          type="button"
          className="button menu-button"
          data-kind="plain"
          aria-expanded={open}
          aria-controls="nav"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'close' : 'menu'} />
          Menu
        </button>
      </div>
      <nav id="nav" className="nav" aria-label="Screens">
        {shown.map(({ title, entries }) => (
          <div key={title}>
            <h2>{title}</h2>
            <ul>
              {entries.map(({ to, label, icon }) => (
                <li key={to}>
                  <Link
                    to={to}
                    activeOptions={{ exact: to === '/', includeSearch: false }}
                    onClick={() => setOpen(false)}
                  >
                    <Icon name={icon} />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className="side-foot">
        <Who />
        <a href="/docs">REST interface</a>
      </div>
    </header>
  )
}

const Troubles = () => {
  const { data, error } = useHealth()
  // Who may not know how the services are need not hear that.
  if (isRefusal(error)) return null
  if (error !== null)
    return (
      <Notice tone="bad">The gateway does not answer. What you see is from before; the page goes on by itself.</Notice>
    )
  const all = troubles(data)
  if (all.length === 0) return null
  return (
    <Notice tone="bad">
      {all.map(({ service, says }) => (
        <span key={service}>
          <strong>{service}</strong> {says}
        </span>
      ))}
    </Notice>
  )
}

export const NotFound = () => (
  <Page title="Nothing here">
    <Empty title="There is no screen at this address">
      <Link to="/">To the overview</Link>
    </Empty>
  </Page>
)
