import { type ReactNode, useEffect } from 'react'

interface Props {
  readonly title: string
  /** What this screen is about, for somebody who sees it for the first time. */
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** The frame of every screen: its heading, which is the tab's title too, what it is about, and what can be done. */
export const Page = ({ title, lead, actions, children }: Props) => {
  useEffect(() => {
    document.title = `${title} · Waybill`
  }, [title])
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>{title}</h1>
          {lead && <p className="lead">{lead}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface CardProps {
  readonly title: ReactNode
  readonly aside?: ReactNode
  readonly children: ReactNode
  /** Without the space around its content, e.g. for a table. */
  readonly flush?: boolean
}

export const Card = ({ title, aside, children, flush = false }: CardProps) => (
  <section className="card">
    <div className="card-head">
      <h2>{title}</h2>
      {aside}
    </div>
    {flush ? children : <div className="card-body">{children}</div>}
  </section>
)
