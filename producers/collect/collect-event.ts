/** One event of a tracker: judged, completed with what the collector knows, and written as the JSON of a record. */
import { formatTimestamp, parseTimestamp, TIMESTAMP_MAX, TIMESTAMP_MIN } from '../../core/codecs/datetime-text.ts'
import { type CollectBody, type Fields, isObject, show } from './collect-body.ts'

/** What the collector adds to every event. */
export interface Arrival {
  /** epoch milliseconds, by the collector's clock */
  readonly at: number
  /** the client's address with its last part removed; null where it is not known */
  readonly clientIp: string | null
  readonly userAgent: string | null
}

export interface GoodEvent {
  readonly eventId: string
  /** user_pseudo_id: the events of a visitor, and so a session, stay in one shard */
  readonly partitionKey: string
  readonly data: Uint8Array
}

const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/
const FIELDS_MAX = 100
const TEXT_CHARACTERS_MAX = 2_048
const ITEMS_MAX = 200
const EVENT_NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/
const ID_CHARACTERS_MAX = 64
const VISITOR_CHARACTERS_MAX = 128
/** A clock that is behind the sending by more is wrong, not late: a phone that was offline for three days. */
const OFFLINE_MS_MAX = 72 * 3_600_000
/** Written by the collector; a sender's own value for them would be a lie. */
const RESERVED = new Set(['sent_timestamp', 'ingest_timestamp', 'event_time', 'client_ip'])

/** The event as a record, or a sentence that says what is wrong with it. */
export function judgeEvent(event: unknown, { context, sentAt }: CollectBody, arrival: Arrival): GoodEvent | string {
  if (!isObject(event)) return `the event is ${show(event)}, which is not an object`
  const fields: Fields = { ...context, ...event }
  const names = Object.keys(fields)
  if (names.length > FIELDS_MAX) return `the event has ${names.length} fields; ${FIELDS_MAX} are allowed`
  for (const name of names) {
    const wrong = fieldProblem(name, fields[name])
    if (wrong !== null) return wrong
  }
  const { event_id: eventId, event_name: eventName, user_pseudo_id: visitor, event_timestamp: time } = fields
  if (!isText(eventId, ID_CHARACTERS_MAX))
    return `event_id is ${show(eventId)}; give 1 to ${ID_CHARACTERS_MAX} characters, new for each event`
  if (typeof eventName !== 'string' || !EVENT_NAME.test(eventName))
    return `event_name is ${show(eventName)}; give a letter and up to 39 letters, digits and _`
  if (!isText(visitor, VISITOR_CHARACTERS_MAX))
    return `user_pseudo_id is ${show(visitor)}; give 1 to ${VISITOR_CHARACTERS_MAX} characters`
  const deviceTime = epochMs(time)
  if (deviceTime === null)
    return `event_timestamp is ${show(time)}; give epoch milliseconds, or yyyy-MM-dd HH:mm:ss.SSS in UTC`
  const { at, clientIp, userAgent } = arrival
  const completed = {
    event_id: eventId,
    event_name: eventName,
    ...fields,
    event_timestamp: formatTimestamp(deviceTime),
    sent_timestamp: formatTimestamp(epochMs(sentAt) ?? at),
    ingest_timestamp: formatTimestamp(at),
    event_time: formatTimestamp(correctedTime(deviceTime, sentAt, at)),
    ...(clientIp === null ? {} : { client_ip: clientIp }),
    ...(userAgent === null || 'user_agent' in fields ? {} : { user_agent: userAgent.slice(0, TEXT_CHARACTERS_MAX) }),
  }
  return { eventId, partitionKey: visitor, data: Buffer.from(JSON.stringify(completed)) }
}

/**
 * When the event happened by the collector's clock: as long before its arrival as the sender's clock says that it happened before
 * its sending. The sender's clock may be hours off; only its pace is trusted. Never after the arrival, never days before it.
 */
export function correctedTime(deviceTime: number, sentAt: number, ingestedAt: number): number {
  const age = Math.min(Math.max(sentAt - deviceTime, 0), OFFLINE_MS_MAX)
  return Math.floor(ingestedAt - age)
}

function fieldProblem(name: string, value: unknown): string | null {
  if (!FIELD_NAME.test(name)) return `${show(name)} is no field name; give a letter and up to 39 letters, digits and _`
  if (RESERVED.has(name)) return `${name} is set by the collector; leave it out`
  if (name === 'items') return itemsProblem(value)
  return valueProblem(name, value)
}

function itemsProblem(items: unknown): string | null {
  if (!Array.isArray(items) || items.length > ITEMS_MAX) return `items is not an array of up to ${ITEMS_MAX} objects`
  for (const item of items as readonly unknown[]) {
    if (!isObject(item)) return `items holds ${show(item)}, which is not an object`
    for (const [name, value] of Object.entries(item)) {
      const wrong = FIELD_NAME.test(name) ? valueProblem(`items.${name}`, value) : `items has a field ${show(name)}`
      if (wrong !== null) return wrong
    }
  }
  return null
}

function valueProblem(name: string, value: unknown): string | null {
  if (typeof value === 'object' && value !== null)
    return `${name} is ${Array.isArray(value) ? 'an array' : 'an object'}; give text, a number, true, false or null`
  if (typeof value === 'string' && value.length > TEXT_CHARACTERS_MAX)
    return `${name} has ${value.length} characters; ${TEXT_CHARACTERS_MAX} are allowed`
  return null
}

function isText(value: unknown, charactersMax: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= charactersMax
}

/** Epoch milliseconds of a number or a text, or null; years 1 to 9999, as a TIMESTAMP column holds. */
function epochMs(time: unknown): number | null {
  if (typeof time === 'string') {
    const parsed = parseTimestamp(time)
    return Number.isNaN(parsed) ? null : parsed
  }
  if (typeof time !== 'number' || !Number.isFinite(time)) return null
  const whole = Math.floor(time)
  return whole >= TIMESTAMP_MIN && whole <= TIMESTAMP_MAX ? whole : null
}
