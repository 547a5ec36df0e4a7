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
/** A call whose entries are out of its input. */
interface OpenCall {
  readonly entries: readonly PutRecordsEntry[]
  /** its request was not as it should be, and nothing was sent */
  refused: boolean
}
/** by the context that the middlewares of a call share */
type CallsByContext = WeakMap<object, OpenCall>
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
  const out: CallsByContext = new WeakMap()
  const options = { priority: 'high', override: true }
  stack.add(takeOut(out), { ...options, step: 'serialize', name: `${NAME}Serialize` })
  stack.add(bringIn(out), { ...options, step: 'build', name: `${NAME}Build` })
}

function takeOut(out: CallsByContext): Middleware {
  let understood = true
  return (next, context) => async args => {
    const entries = understood && MARK in args.input && 'Records' in args.input ? entriesOf(args.input.Records) : null
    if (entries === null) return next(args)
    const call: OpenCall = { entries, refused: false }
    out.set(context, call)
    try {
      return await next({ ...args, input: { ...args.input, Records: [] } })
    } catch (error) {
      // Not by the error: a middleware of the caller may have put another in its place.
      if (!call.refused) throw error
      understood = false
      return next(args)
    }
  }
}

function bringIn(out: CallsByContext): Middleware {
  return (next, context) => async args => {
    const call = out.get(context)
    if (call === undefined) return next(args)
    out.delete(context)
    const { request } = args
    const body = isRequest(request) ? plainBuffer(request.body) : null
    // a text of the input cannot hold it, since its quotes would be escaped
    const listAt = body === null ? -1 : body.indexOf(EMPTY_LIST)
    if (!isRequest(request) || body === null || listAt < 0) {
      // Nothing was sent: the call begins again, with its entries in the input.
      call.refused = true
      throw new Error('the request of PutRecords is not JSON with an empty list of records')
    }
    const entriesAt = listAt + EMPTY_LIST.length - 1
    const whole = recordsBody(body.subarray(0, entriesAt), call.entries, body.subarray(entriesAt))
    request.body = whole
    // The SDK looks at the length later; a middleware of the caller may have done so before.
    for (const name of Object.keys(request.headers))
      if (name.toLowerCase() === 'content-length') request.headers[name] = String(whole.length)
    return next(args)
  }
}

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
function plainBuffer(bytes: string | Uint8Array): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function isRequest(request: unknown): request is { body: string | Uint8Array; headers: Record<string, string> } {
  if (typeof request !== 'object' || request === null || !('body' in request) || !('headers' in request)) return false
  const { body, headers } = request
  if (typeof headers !== 'object' || headers === null) return false
  const type = Object.entries(headers).find(([name]: [string, unknown]) => name.toLowerCase() === 'content-type')
  return JSON_TYPE.test(String(type?.[1])) && (typeof body === 'string' || body instanceof Uint8Array)
}
