import { parseArgs } from 'node:util'
import { masterKeysFrom, Vault } from '#libs/personal-data'
import { addMasterKey, forgetOldMasterKeys, masterKeysIn, prepareMasterKeys } from './key-files.ts'
import { serviceDatabase, VAULT } from './processes.ts'
import { ROOT } from './root.ts'
import { parseOptions } from './supervisor/options.ts'

const USAGE = `npm run keys -- COMMAND [--data DIR] [--file FILE] [--vault URL]

  prepare   makes the master key of customers' personal data where there is none
  rotate    makes a new one, wraps every customer's key by it and forgets the old one: backups of the vault from before
            open nothing any more. While the system runs; its processes read the new one by themselves
  rotate --keep-old   the same, and the old one stays in the file: a backup of the vault can be restored

  --data    of the system, whose files and database are used (.waybill)
  --file    where the master keys are, if elsewhere
  --vault   the database of customers' keys, if elsewhere; or VAULT_URL`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    file: { type: 'string' },
    vault: { type: 'string' },
    'keep-old': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const main = async (): Promise<void> => {
  const options = parseOptions(values.data === undefined ? [] : ['--data', values.data], process.env, ROOT)
  const file = values.file ?? process.env.MASTER_KEYS_FILE ?? masterKeysIn(options.data)
  if (positionals[0] === 'prepare') return prepareMasterKeys(file)
  if (process.env.MASTER_KEYS) throw new Error('MASTER_KEYS is set: where it comes from is where it is rotated')
  prepareMasterKeys(file)
  const url = values.vault ?? process.env.VAULT_URL ?? serviceDatabase(options, VAULT)
  addMasterKey(file)
  const vault = new Vault(url, masterKeysFrom({ MASTER_KEYS_FILE: file }))
  try {
    const count = await vault.rewrap()
    if (!values['keep-old']) forgetOldMasterKeys(file)
    console.log(`${count} customers' keys are wrapped by a new master key`)
  } finally {
    await vault.close()
  }
}

if (values.help) console.log(USAGE)
else if (!['prepare', 'rotate'].includes(positionals[0] ?? '') || positionals.length > 1) {
  console.error(USAGE)
  process.exitCode = 1
} else
  await main().catch((error: Error) => {
    console.error(`keys: ${error.message}`)
    process.exitCode = 1
  })
