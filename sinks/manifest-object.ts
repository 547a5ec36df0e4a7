/**
 * Manifests as objects: what a delivery stream has delivered, for whoever wants to prove it.
 *
 *   _manifests/<stream>/<run>/<number>.jsonl      head, then one line for each receipt
 *
 * A run is one life of a stream, or one task whose rounds are the numbers. Query engines pass over names that begin with `_`.
 */
import { createHash } from 'node:crypto'
import { MillraceError } from '../core/index.ts'
import type { NumberRange, Receipt } from './receipt.ts'

export const MANIFESTS = '_manifests/'
/** Where objects and segments of rounds wait for their commit. */
export const STAGED = '_staged/'
/** Marks of what was redriven lie beside the error objects, in folders of this name. */
export const REDRIVEN = '_redriven'

/** Whether an object is none that was delivered, but one of the books that this room keeps beside them. */
export function isBook(key: string): boolean {
  return key.startsWith(MANIFESTS) || key.startsWith(STAGED) || `/${key}`.includes(`/${REDRIVEN}/`)
}
/** Readers refuse what they do not know. */
const FORMAT = 1

export interface ManifestHead {
  readonly stream: string
  readonly run: string
  /** from 1, one more for each manifest of the run */
  readonly number: number
  /** numbers of the records that were taken over since the manifest before; null when there were none */
  readonly taken: NumberRange | null
  /** numbers of those that the transform dropped on purpose */
  readonly dropped: readonly NumberRange[]
  /** records that were taken over and are in open objects yet */
  readonly openRecords: number
  /** true for the last manifest of a run that ended well */
  readonly closed: boolean
  /** wall clock, epoch milliseconds */
  readonly writtenAt: number
}

export interface ManifestObject extends ManifestHead {
  readonly receipts: readonly Receipt[]
}

export function manifestKey({ stream, run, number }: Pick<ManifestHead, 'stream' | 'run' | 'number'>): string {
  return `${MANIFESTS}${stream}/${run}/${String(number).padStart(10, '0')}.jsonl`
}

export function manifestBytes({ receipts, ...head }: ManifestObject): Uint8Array {
  const lines = receipts.map(receipt => `${JSON.stringify(receipt)}\n`).join('')
  const sha256 = createHash('sha256').update(lines).digest('hex')
  return Buffer.from(`${JSON.stringify({ millrace: 'manifest', format: FORMAT, ...head, sha256 })}\n${lines}`)
}

/**
 * The manifest in an object.
 * @param key for the text of errors
 * @throws MillraceError `unreadable_input` for anything that is no whole manifest
 */
export function readManifest(key: string, bytes: Uint8Array): ManifestObject {
  const refuse = (reason: string): never => {
    throw new MillraceError('unreadable_input', `manifest ${key}: ${reason}`)
  }
  const text = Buffer.from(bytes).toString('utf8')
  const end = text.indexOf('\n')
  if (end < 0 || !text.endsWith('\n')) return refuse('it is cut off')
  try {
    const { millrace, format, sha256, ...head } = JSON.parse(text.slice(0, end)) as Record<string, unknown>
    if (millrace !== 'manifest') return refuse('it is no manifest of millrace')
    if (format !== FORMAT) return refuse(`format ${String(format)} is newer than this millrace; update it`)
    const lines = text.slice(end + 1)
    if (createHash('sha256').update(lines).digest('hex') !== sha256) return refuse('its receipts were altered')
    const receipts = lines.split('\n').slice(0, -1)
    return { ...(head as unknown as ManifestHead), receipts: receipts.map(line => JSON.parse(line) as Receipt) }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('unreadable_input', `manifest ${key}: it is no JSON`, { cause })
  }
}
