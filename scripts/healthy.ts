import { get } from 'node:http'

/** Ends with 0 when the process on `PORT` of this machine says that it is ready: what containers are asked by. */
const port = Number(process.env.PORT)
get({ host: '127.0.0.1', port, path: '/health/ready', timeout: 4_000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1)
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
