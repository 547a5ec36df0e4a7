/**
 * Writes the body of PutRecords in place of the AWS SDK, whose serializer takes several times as long for it: base64 in a loop, and
 * a memory that doubles until it fits. All the rest stays the SDK's: endpoint, headers, credentials, signature, repeats, the wire.
 *
 * A client's stack of middlewares has a step `serialize`, which makes a request from the input, and a step `build`, which completes
 * it before it is signed. Before the first the entries are taken out of the input; at the beginning of the second, before the
 * length of the body is looked at, they come into the request:
 *
 *   input ─► (entries out) ─► serializer ─► (entries in) ─► length ─► signature ─► wire
 *
 * Only inputs that were `marked` are touched, and only as far as the request looks as it should: `"Records":[]` in JSON. Another
 * protocol or another SDK gets the input as it was.
 */
import { type PutRecordsEntry, recordsBody } from './kinesis-body.ts'

const MARK = Symbol('millrace.putRecords')
/** Name of both middlewares, with the step behind it; one client has them once. */
const NAME = 'millracePutRecordsBody'
const EMPTY_LIST = '"Records":[]'
const JSON_TYPE = /^application\/x-amz-json-/

/** What the middlewares look at. Everything is of the SDK, so nothing is relied upon. */
interface Arguments {
  readonly input: object
  readonly request?: unknown
}
type Handler = (args: Arguments) => Promise<unknown>
type Middleware = (next: Handler, context: object) => Handler
interface MiddlewareStack {
  add(middleware: Middleware, options: { step: string; priority: string; name: string; override: boolean }): void
}

/** An input whose entries may be written here. Copies of it that keep all its properties are too. */
export function marked<Input extends object>(input: Input): Input {
  return { ...input, [MARK]: true }
}

/** Clients have it done once for all producers; a client without such a stack serializes by itself. */
export function writeBodies(client: unknown): void {
  const stack = stackOf(client)
  if (stack === null) return
  // calls whose entries are out of their inputs, by the context that a call's middlewares share
  const out = new WeakMap<object, readonly PutRecordsEntry[]>()
  const options = { priority: 'high', override: true }
  stack.add(takeOut(out), { ...options, step: 'serialize', name: `${NAME}Serialize` })
  stack.add(bringIn(out), { ...options, step: 'build', name: `${NAME}Build` })
}

function takeOut(out: WeakMap<object, readonly PutRecordsEntry[]>): Middleware {
  let understood = true
  return (next, context) => async args => {
    const entries = understood && MARK in args.input && 'Records' in args.input ? entriesOf(args.input.Records) : null
    if (entries === null) return next(args)
    out.set(context, entries)
    try {
      return await next({ ...args, input: { ...args.input, Records: [] } })
    } catch (error) {
      if (error !== UNKNOWN_REQUEST) throw error
      understood = false
      return next(args)
    }
  }
}

function bringIn(out: WeakMap<object, readonly PutRecordsEntry[]>): Middleware {
  return (next, context) => async args => {
    const entries = out.get(context)
    if (entries === undefined) return next(args)
    out.delete(context)
    const { request } = args
    if (!isRequest(request)) throw UNKNOWN_REQUEST
    const body = typeof request.body === 'string' ? Buffer.from(request.body) : plainBuffer(request.body)
    // a text of the input cannot hold it, since its quotes would be escaped
    const listAt = body.indexOf(EMPTY_LIST)
    if (listAt < 0) throw UNKNOWN_REQUEST
    const entriesAt = listAt + EMPTY_LIST.length - 1
    request.body = recordsBody(body.subarray(0, entriesAt), entries, body.subarray(entriesAt))
    return next(args)
  }
}

/** Nothing was sent: the call begins again, with its entries in the input. */
const UNKNOWN_REQUEST = new Error('the request of PutRecords is not JSON with an empty list of records')

function stackOf(client: unknown): MiddlewareStack | null {
  if (typeof client !== 'object' || client === null || !('middlewareStack' in client)) return null
  const stack = client.middlewareStack
  if (typeof stack !== 'object' || stack === null || !('add' in stack) || typeof stack.add !== 'function') return null
  return stack as MiddlewareStack
}

/** Null when a middleware of the caller has made something else of them. */
function entriesOf(records: unknown): readonly PutRecordsEntry[] | null {
  if (!Array.isArray(records)) return null
  return records.every(isEntry) ? records : null
}

function isEntry(record: unknown): record is PutRecordsEntry {
  if (typeof record !== 'object' || record === null) return false
  const { Data, PartitionKey, ExplicitHashKey } = record as Partial<Record<keyof PutRecordsEntry, unknown>>
  return (
    Data instanceof Uint8Array &&
    typeof PartitionKey === 'string' &&
    (ExplicitHashKey === undefined || typeof ExplicitHashKey === 'string')
  )
}

/** The SDK's own bytes also pass for a text, and warn when they are searched. */
function plainBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isRequest(request: unknown): request is { body: string | Uint8Array } {
  if (typeof request !== 'object' || request === null || !('body' in request) || !('headers' in request)) return false
  const { body, headers } = request
  const type = Object.entries(headers as Record<string, unknown>).find(
    ([name]) => name.toLowerCase() === 'content-type',
  )
  return JSON_TYPE.test(String(type?.[1])) && (typeof body === 'string' || body instanceof Uint8Array)
}
