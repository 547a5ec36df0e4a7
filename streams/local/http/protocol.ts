/** The two ways in which the service's clients write a call: AWS JSON 1.1, and the same members in CBOR. */
import { decodeCbor, encodeCbor } from './cbor.ts'
import { ServiceError } from './service-error.ts'

export interface Protocol {
  readonly name: 'json' | 'cbor'
  readonly contentType: string
  /** @throws ServiceError SerializationException */
  decode(body: Uint8Array): unknown
  /** an operation's answer; null is an empty reply */
  encode(answer: object | null): Uint8Array
}

const NOTHING = new Uint8Array()

export const JSON_PROTOCOL: Protocol = {
  name: 'json',
  contentType: 'application/x-amz-json-1.1',
  decode(body) {
    try {
      return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString())
    } catch {
      throw new ServiceError('SerializationException', 'The request body is no JSON.')
    }
  },
  encode: answer => (answer === null ? NOTHING : Buffer.from(JSON.stringify(answer))),
}

export const CBOR_PROTOCOL: Protocol = {
  name: 'cbor',
  contentType: 'application/x-amz-cbor-1.1',
  decode: decodeCbor,
  encode: answer => (answer === null ? NOTHING : encodeCbor(answer)),
}

/** The protocol of a Content-Type; null for any other. */
export function protocolOf(contentType: string | undefined): Protocol | null {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  return [JSON_PROTOCOL, CBOR_PROTOCOL].find(protocol => protocol.contentType === type) ?? null
}
