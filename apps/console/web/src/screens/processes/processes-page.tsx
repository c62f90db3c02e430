import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { OperatorDialog } from '../../ui/operator-dialog.tsx'
import { Page } from '../../ui/page.tsx'
import { Empty, Notice, Shown } from '../../ui/states.tsx'
import { type Command, consequenceFor } from './consequences.ts'
import { OracleCard } from './oracle-card.tsx'
import { ProcessCard } from './process-card.tsx'
import { processesQuery } from './queries.ts'
import './processes.css'

interface Asked {
  readonly name: string
  readonly command: Command
}

export const ProcessesPage = () => {
  const client = useQueryClient()
  const processes = useQuery(processesQuery)
  const [asked, setAsked] = useState<Asked>()
  return (
    <Page
      title="Processes"
      lead="Each is a process of its own. Kill or freeze any of them, under orders: nothing is lost and nothing done twice."
    >
      <OracleCard />
      <Shown query={processes} what="Processes">
        {({ items, supervised }) => (
          <>
            {!supervised && (
              <Notice tone="idle">
                The console does not run these processes, so it cannot kill them. Each card has the commands for a
                shell.
              </Notice>
            )}
            {items.length === 0 ? (
              <Empty title="No processes" />
            ) : (
              <div className="processes">
                {items.map((process) => (
                  <ProcessCard
                    key={process.name}
                    process={process}
                    onAsk={(command) => setAsked({ name: process.name, command })}
                  />
                ))}
              </div>
            )}
          </>
        )}
      </Shown>
      {asked && (
        <CommandDialog
          {...asked}
          onClose={() => setAsked(undefined)}
          onDone={() => void client.invalidateQueries(processesQuery)}
        />
      )}
    </Page>
  )
}

const CommandDialog = ({ name, command, onClose, onDone }: Asked & { onClose: () => void; onDone: () => void }) => {
  const path = `/api/processes/${encodeURIComponent(name)}/${command}`
  const shared = { path, onClose, onDone }
  if (command === 'resume')
    return (
      <OperatorDialog {...shared} title={`Let ${name} go on`} verb="Resume">
        <p>It goes on where it was frozen, and finds out what happened meanwhile.</p>
      </OperatorDialog>
    )
  const kills = command === 'kill'
  return (
    <OperatorDialog {...shared} title={`${kills ? 'Kill' : 'Pause'} ${name}`} verb={kills ? 'Kill' : 'Pause'} danger>
      <p>
        {kills
          ? 'SIGKILL: it ends at once, in the middle of whatever it does, and is started again.'
          : 'SIGSTOP: it stands still with its connections open and its locks held. It goes on by itself after a minute at most.'}
      </p>
      <p>{consequenceFor(name)}</p>
    </OperatorDialog>
  )
}
