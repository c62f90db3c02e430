import { prepareCertificates } from './certificates/prepare.ts'

const USAGE = `certificates AUTHORITY NAME=FILE… [--rotate]: what servers among themselves prove by who they are
  AUTHORITY   the certificate that clients believe
  NAME=FILE   a server by the name that it is called by; its key and certificate go to FILE
Makes all of them where one is missing, or new ones with --rotate; then start the servers and their clients again.`

const args = process.argv.slice(2)
const rotate = args.at(-1) === '--rotate'
const [authority, ...named] = rotate ? args.slice(0, -1) : args
const servers = named
  .map((each) => /^([\w.-]+)=(.+)$/.exec(each))
  .map((found) => found && { name: found[1]!, file: found[2]! })
if (authority === undefined || servers.length === 0 || servers.includes(null)) {
  console.error(USAGE)
  process.exit(1)
}
const made = await prepareCertificates(
  authority,
  servers.filter((server) => server !== null),
  { rotate },
)
console.log(made ? 'new certificates' : 'the certificates are there')
