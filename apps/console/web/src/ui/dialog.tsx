import { type ReactNode, useEffect, useRef } from 'react'

/** A modal dialog of the browser's own: it holds the focus, closes by Escape, and gives the focus back. */
export const Dialog = ({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) => {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    ref.current?.showModal()
  }, [])
  return (
    <dialog ref={ref} className="dialog" aria-label={title} onClose={onClose}>
      <div className="card-head">
        <h2>{title}</h2>
      </div>
      {children}
    </dialog>
  )
}
