import { prepareServiceKeys } from './key-files.ts'

/** Makes the key that services show each other who they are with, where it is missing, or a new one in front of the old one. */
const [serviceKeys, scrapeToken, option] = process.argv.slice(2)
if (serviceKeys === undefined || scrapeToken === undefined || (option ?? '--rotate') !== '--rotate') {
  console.error(
    'service-keys KEYS SCRAPE_TOKEN [--rotate]: the files for the keys and for the token of a collector of metrics',
  )
  process.exit(1)
}
prepareServiceKeys({ serviceKeys, scrapeToken }, { rotate: option !== undefined })
