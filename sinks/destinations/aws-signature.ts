/** Signature Version 4 for plain HTTP calls, with the signer that every AWS client brings along. */
import { createHash, createHmac } from 'node:crypto'

/** Adds what a server wants to see of a request: returns all headers that it is sent with. */
export type RequestSigner = (request: {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}) => Promise<Record<string, string>>

interface SignableRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query: Record<string, string>
  readonly headers: Record<string, string>
  readonly body: Uint8Array
}

/** The part of `SignatureV4` of `@smithy/signature-v4` that is used. */
export interface SignatureV4Like {
  sign(request: SignableRequest): Promise<{ readonly headers: Record<string, string> }>
}

export interface AwsSignerOptions<Credentials> {
  /** the class `SignatureV4` of `@smithy/signature-v4` */
  readonly SignatureV4: new (options: {
    readonly credentials: Credentials
    readonly region: string
    readonly service: string
    readonly sha256: typeof NodeSha256
  }) => SignatureV4Like
  /** what a client of the SDK takes as `credentials` */
  readonly credentials: Credentials
  readonly region: string
  /** `es` for domains of OpenSearch and Elasticsearch */
  readonly service: string
}

export function awsSigner<Credentials>(options: AwsSignerOptions<Credentials>): RequestSigner {
  const { SignatureV4, ...rest } = options
  const signer = new SignatureV4({ ...rest, sha256: NodeSha256 })
  return async ({ url, headers, body }) => {
    const { protocol, hostname, port, pathname, searchParams, host } = new URL(url)
    const signed = await signer.sign({
      method: 'POST',
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      body,
    })
    // fetch sets it by itself, to the same.
    return Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name.toLowerCase() !== 'host'))
  }
}

/** SHA-256 as signers of the SDK want it: plain, or an HMAC where there is a secret. */
class NodeSha256 {
  readonly #hash: { update(data: string | Uint8Array): unknown; digest(): Buffer }

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()))
  }

  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
