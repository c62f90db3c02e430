import { request } from 'node:http'

export interface Answer<Body> {
  readonly status: number
  readonly body: Body
}

/** One JSON request. `Body` is what the caller expects of a success; nothing is checked here. */
export const callJson = <Body>(
  method: 'GET' | 'POST',
  url: string,
  options: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> =>
  new Promise((resolve, reject) => {
    const headers = {
      ...options.headers,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const call = request(url, { method, headers, timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text || 'null') as Body })
        } catch {
          reject(new Error(`${method} ${url}: ${response.statusCode}, not JSON: ${text.slice(0, 200)}`))
        }
      })
      response.on('error', reject)
    })
    call.on('timeout', () => call.destroy(new Error(`${method} ${url}: no answer within 10 s`)))
    call.on('error', reject)
    call.end(options.body === undefined ? undefined : JSON.stringify(options.body))
  })
