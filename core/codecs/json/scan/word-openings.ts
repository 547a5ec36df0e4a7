/** What stands before the values of a layout, and what they most likely are: what the loops of word-blocks.ts go by. */
import type { LayoutField } from './layout.ts'
import { OPERATIONS } from './scan-column.ts'
import type { WordColumn } from './word-reader.ts'

/** What a value most likely is, so that one loop serves all records of a block; `anything` looks at each by itself. */
type Likely = 'anything' | 'string' | 'number' | 'textCell' | 'numberCell' | 'datetimeCell'

export function likelyOf(value: LayoutField['value'], column: WordColumn | null): Likely {
  if (value === 'other') return 'anything'
  if (column === null) return value
  const { operation, spec } = column
  if (operation === OPERATIONS.boolean) return 'anything'
  if (operation === OPERATIONS.text) return value === 'string' && !spec.padded ? 'textCell' : 'anything'
  if (operation >= OPERATIONS.timestamp) return value === 'string' ? 'datetimeCell' : 'anything'
  return value === 'number' ? 'numberCell' : 'anything'
}

/** What stands before a value: the literal, and the quote of a likely string; its first 16 bytes as words. */
export interface Opening {
  readonly size: number
  readonly words: readonly [number, number, number, number]
  readonly masks: readonly [number, number, number, number]
}

export function openingOf(literal: Uint8Array, likely: Likely): Opening {
  const quoted = likely === 'string' || likely === 'textCell' || likely === 'datetimeCell'
  const bytes = Buffer.concat([literal, Buffer.from(quoted ? '"' : '')])
  const words = Buffer.alloc(16)
  const masks = Buffer.alloc(16)
  bytes.copy(words, 0, 0, 16)
  masks.fill(0xff, 0, Math.min(16, bytes.length))
  const four = (from: Buffer) =>
    [from.readInt32LE(0), from.readInt32LE(4), from.readInt32LE(8), from.readInt32LE(12)] as const
  return { size: bytes.length, words: four(words), masks: four(masks) }
}
