/** A process that answers like a service, for the tests of the supervisor: PORT from the environment, stops on SIGTERM. */
import { createServer } from 'node:http'

const server = createServer((_request, response) => response.end('{"status":"ok"}'))
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('12:00:00.000 INFO  fixture: ready'))
process.once('SIGTERM', () => process.exit(0))
