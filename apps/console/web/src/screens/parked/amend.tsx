import { useState } from 'react'
import type { ParkedRecord } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Notice } from '../../ui/states.tsx'
import { asSent, faultIn } from '../../ui/typed.ts'
import { readable } from './readable.ts'

interface Props {
  readonly path: string
  readonly parked: ParkedRecord
  readonly onClose: () => void
  readonly onDone: () => void
}

/** A corrected copy; the original stays on record. */
export const Amend = ({ path, parked, onClose, onDone }: Props) => {
  const [value, setValue] = useState(() => (parked.encoding === 'base64' ? '' : readable(parked)))
  const fault = faultIn(value)
  return (
    <OperatorDialog
      title="Have a corrected copy handled"
      path={`${path}/amend`}
      body={{ value: asSent(value) }}
      verb="Amend and handle"
      needsReason
      onClose={onClose}
      onDone={onDone}
    >
      <label className="field">
        Value
        <textarea
          className="mono"
          rows={12}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          spellCheck={false}
          dir="auto"
        />
      </label>
      {fault !== undefined && <Notice tone="warn">This is no JSON: {fault}</Notice>}
    </OperatorDialog>
  )
}
