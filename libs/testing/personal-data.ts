import { newMasterKey, PersonalData } from '#libs/personal-data'
import { testDatabase } from './postgres.ts'

/** A vault of its own for the caller, as services are told of it, and a way to look into what they sealed. */
export const testVault = async (masterKey = newMasterKey()) => {
  const { url, drop } = await testDatabase('vault')
  const settings = { VAULT_URL: url, MASTER_KEYS: masterKey }
  const personal = new PersonalData(settings, { askAgainMs: 0, trustMs: 0 })
  return {
    settings,
    personal,
    remove: async () => {
      await personal.close()
      await drop()
    },
  }
}
