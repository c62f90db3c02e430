import { prepareCarrierSecrets, prepareServiceKeys } from './key-files.ts'

/**
 * Makes what processes show each other who they are with, where it is missing, or a new one in front of the old one: the
 * keys of services, with the token of a collector of metrics that follows from them, and the secrets of the carrier.
 */
const [serviceKeys, scrapeToken, carrierSecrets, option] = process.argv.slice(2)
if (!serviceKeys || !scrapeToken || !carrierSecrets || (option ?? '--rotate') !== '--rotate') {
  console.error('service-keys KEYS SCRAPE_TOKEN CARRIER_SECRETS [--rotate]: the files for each of them')
  process.exit(1)
}
const rotation = { rotate: option !== undefined }
prepareServiceKeys({ serviceKeys, scrapeToken }, rotation)
prepareCarrierSecrets(carrierSecrets, rotation)
