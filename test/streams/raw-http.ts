/** Requests as nobody's client would send them. */
import { request } from 'node:http'
import { connect } from 'node:http2'

export interface Raw {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface RawBytes {
  readonly status: number
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export function rawHttp1Bytes(
  port: number,
  headers: Record<string, string | undefined>,
  body: string | Uint8Array,
  method = 'POST',
  path = '/',
): Promise<RawBytes> {
  return new Promise((resolve, reject) => {
    const kept = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers: kept, setHost: false }, reply => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => chunks.push(chunk))
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, bytes: Buffer.concat(chunks), headers: reply.headers }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export async function rawHttp1(
  port: number,
  headers: Record<string, string | undefined>,
  body = '{}',
  method = 'POST',
  path = '/',
): Promise<Raw> {
  const { status, bytes, headers: sent } = await rawHttp1Bytes(port, headers, body, method, path)
  return { status, body: bytes.toString(), headers: sent }
}

export function rawHttp2(port: number, authority: string, headers: Record<string, string>): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.on('error', reject)
    const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': authority, ...headers })
    let status = 0
    let text = ''
    stream.on('response', reply => (status = Number(reply[':status'])))
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    stream.on('error', reject)
    stream.on('end', () => {
      session.close()
      resolve({ status, body: text, headers: {} })
    })
    stream.end('{}')
  })
}
