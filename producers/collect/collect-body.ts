/**
 * The body that a tracker posts: `{"v":1,"sent_at":MS,"ctx":{...},"events":[{...}]}`. `ctx` holds what is the same for all its
 * events; a field of an event stands before the same field of `ctx`. Text that is no such body is refused as a whole, because
 * nothing in it can be told apart.
 */

/** The version of the contract that this collector speaks. */
export const CONTRACT_VERSION = 1
/** Browsers hold at most 64 KiB of beacons in flight (Fetch standard, section 4.6); trackers stay below it. */
export const BODY_BYTES_MAX = 60 * 1024
/** A tracker sends ten at a time; servers may send more. */
export const EVENTS_PER_BODY_MAX = 500

export type Fields = Readonly<Record<string, unknown>>

export interface CollectBody {
  /** when the sender's clock says that it sent this, epoch milliseconds */
  readonly sentAt: number
  readonly context: Fields
  readonly events: readonly unknown[]
}

/** The body, or a sentence that says what is wrong with it. */
export function parseBody(bytes: Uint8Array): CollectBody | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return 'the body is not JSON in UTF-8'
  }
  if (!isObject(parsed)) return 'the body is not a JSON object'
  const { v, sent_at: sentAt, ctx: context = {}, events } = parsed
  if (v !== CONTRACT_VERSION) return `v is ${show(v)}; this collector speaks version ${CONTRACT_VERSION}`
  if (typeof sentAt !== 'number' || !Number.isFinite(sentAt))
    return `sent_at is ${show(sentAt)}; give epoch milliseconds`
  if (!isObject(context)) return 'ctx is not an object'
  if (!Array.isArray(events)) return 'events is not an array'
  if (events.length > EVENTS_PER_BODY_MAX)
    return `there are ${events.length} events; send ${EVENTS_PER_BODY_MAX} at a time at most`
  return { sentAt, context, events }
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const SHOWN_CHARACTERS_MAX = 60

/** A value of the sender's in a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}...` : text
}
