import { createHmac, hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { S3Options } from './s3-store.ts'

const PAGE = 3

/**
 * As much of S3 as the archive uses, in memory: PUT with `If-None-Match`, GET, ListObjectsV2 in pages of three. It checks
 * each signature by itself, as Amazon's documents describe version 4. It is no S3: what a real one does otherwise is not
 * seen here.
 */
export const startS3 = async () => {
  const objects = new Map<string, Buffer>()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const url = new URL(request.url!, 'http://s3')
    const answer = (status: number, text: string | Buffer = '') => response.writeHead(status).end(text)
    if (!isSigned(request, url)) return answer(403, '<Code>SignatureDoesNotMatch</Code>')
    const key = decodeURIComponent(url.pathname.slice(1))
    if (request.method === 'PUT') {
      if (request.headers['if-none-match'] === '*' && objects.has(key)) return answer(412)
      objects.set(key, body)
      return answer(200)
    }
    if (url.searchParams.get('list-type') !== '2') {
      const found = objects.get(key)
      return found === undefined ? answer(404) : answer(200, found)
    }
    const begin = `${key}/${url.searchParams.get('prefix')}`
    const after = url.searchParams.get('continuation-token') ?? ''
    const names = [...objects.keys()].filter((name) => name.startsWith(begin) && name > after).sort()
    const page = names.slice(0, PAGE)
    const keys = page.map((name) => `<Contents><Key>${name.slice(key.length + 1)}</Key></Contents>`).join('')
    const more = names.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
    answer(200, `<ListBucketResult>${keys}${more}</ListBucketResult>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const options: S3Options = {
    ...CREDENTIALS,
    endpoint: `http://127.0.0.1:${port}`,
    bucket: 'waybill',
    prefix: 'in a/folder',
  }
  return { objects, options, close: () => server.close() }
}

const CREDENTIALS = { region: 'eu-test-1', accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' }

const isSigned = ({ method, headers }: IncomingMessage, url: URL): boolean => {
  const given = /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
    headers.authorization ?? '',
  )
  if (given === null) return false
  const [, , date, region, signedHeaders, signature] = given as unknown as string[]
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const path = url.pathname
    .split('/')
    .map((part) => encode(decodeURIComponent(part)))
    .join('/')
  const signed = signedHeaders!
    .split(';')
    .map((name) => `${name}:${headers[name]}\n`)
    .join('')
  const content = String(headers['x-amz-content-sha256'])
  const canonical = [method, path, query, signed, signedHeaders, content].join('\n')
  const scope = `${date}/${region}/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash('sha256', canonical)].join('\n')
  const key = [date!, region!, 's3', 'aws4_request'].reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `AWS4${CREDENTIALS.secretAccessKey}`,
  )
  return createHmac('sha256', key).update(toSign).digest('hex') === signature
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
