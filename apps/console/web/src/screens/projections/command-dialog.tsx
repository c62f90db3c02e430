import { useState } from 'react'
import type { Projection } from '../../server/types.ts'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { candidateOf, comparisonSays } from './rebuild.ts'

export type Command = Projection['commands'][number]

interface Props {
  readonly command: Command
  readonly projection: Projection
  readonly onClose: () => void
  readonly onDone: () => void
}

/** What will happen, asked for once. */
export const CommandDialog = ({ command, projection, onClose, onDone }: Props) => {
  const path = `/api/projections/${encodeURIComponent(projection.name)}/${command}`
  const shared = { path, onClose, onDone }
  if (command === 'rebuild') return <RebuildDialog {...shared} name={projection.name} />
  const candidate = candidateOf(projection)
  if (command === 'switch')
    return (
      <OperatorDialog {...shared} title={`Switch ${projection.name}`} verb="Switch">
        <p>
          Readers see version {candidate?.version} from then on, at once and as a whole
          {candidate?.comparison && ` (${comparisonSays(candidate.comparison)})`}. The version before is kept and fed
          for a while, to go back to.
        </p>
      </OperatorDialog>
    )
  if (command === 'rollback')
    return (
      <OperatorDialog {...shared} title={`Roll ${projection.name} back`} verb="Roll back" danger>
        <p>Readers see the version before again, at once and as a whole; it was fed all the time.</p>
      </OperatorDialog>
    )
  return (
    <OperatorDialog {...shared} title={`Cancel the rebuild of ${projection.name}`} verb="Give it up" danger>
      <p>Version {candidate?.version} is dropped with all that was filled. The version that serves goes on as it is.</p>
    </OperatorDialog>
  )
}

const RebuildDialog = ({ name, ...shared }: Omit<Props, 'command' | 'projection'> & { name: string; path: string }) => {
  const [how, setHow] = useState<'automatic' | 'manual'>('automatic')
  return (
    <OperatorDialog {...shared} title={`Rebuild ${name}`} verb="Rebuild" body={{ switch: how }}>
      <p>A new version is filled from the beginning of the topics, beside the one that serves, and compared with it.</p>
      <fieldset className="choice">
        <legend>When it is ready</legend>
        <label>
          <input type="radio" name="switch" checked={how === 'automatic'} onChange={() => setHow('automatic')} />
          switch by itself, unless it lacks something
        </label>
        <label>
          <input type="radio" name="switch" checked={how === 'manual'} onChange={() => setHow('manual')} />
          wait for me to look at the differences
        </label>
      </fieldset>
    </OperatorDialog>
  )
}
