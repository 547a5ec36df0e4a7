/** The text of a lease file: its rows in DynamoDB's own notation, a row a line. */
import { MillraceError } from '../../../core/index.ts'
import { type AttributeValue, type Item, textIn } from './item.ts'
import { LEASE_KEY } from './lease-item.ts'

const FORMAT = 1

/** by lease key */
export type Rows = Map<string, Item>

export function textOfRows(rows: Rows): string {
  const items = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item)
  const lines = items.map(item => JSON.stringify(item, (_, value: unknown) => plain(value))).join(',\n')
  return `{"format":${FORMAT},"items":[\n${lines}\n]}\n`
}

/** Bytes as base64, as DynamoDB's JSON has them. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { B, BS } = value as { readonly B?: unknown; readonly BS?: unknown }
  if (B instanceof Uint8Array) return { B: Buffer.from(B).toString('base64') }
  if (Array.isArray(BS)) return { BS: BS.map(bytes => Buffer.from(bytes as Uint8Array).toString('base64')) }
  return value
}

/**
 * @param path named in errors
 * @throws MillraceError `unreadable_input`
 */
export function rowsIn(text: string, path: string): Rows {
  let parsed: { readonly format?: unknown; readonly items?: readonly Record<string, Raw>[] }
  try {
    parsed = JSON.parse(text) as typeof parsed
  } catch (error) {
    throw new MillraceError('unreadable_input', `${path} is not whole JSON; mend it, or delete it to start anew`, {
      cause: error,
    })
  }
  if (parsed.format !== FORMAT || !Array.isArray(parsed.items))
    throw new MillraceError(
      'unreadable_input',
      `${path} has format ${JSON.stringify(parsed.format)}, this version reads ${FORMAT}; use the version that wrote it`,
    )
  const rows: Rows = new Map()
  for (const raw of parsed.items as readonly Record<string, Raw>[]) {
    const item: Item = Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, valueOf(value)]))
    const key = textIn(item, LEASE_KEY)
    if (key === null) throw new MillraceError('unreadable_input', `${path} has a row without ${LEASE_KEY}; mend it`)
    rows.set(key, item)
  }
  return rows
}

/** As AttributeValue, with base64 in place of bytes. */
type Raw = Readonly<Record<string, unknown>>

function valueOf(raw: Raw): AttributeValue {
  const { B, BS, L, M } = raw
  if (typeof B === 'string') return { B: bytesOf(B) }
  if (Array.isArray(BS)) return { BS: BS.map(text => bytesOf(String(text))) }
  if (Array.isArray(L)) return { L: L.map(value => valueOf(value as Raw)) }
  if (typeof M === 'object' && M !== null)
    return { M: Object.fromEntries(Object.entries(M).map(([name, value]) => [name, valueOf(value as Raw)])) }
  return raw as AttributeValue
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
