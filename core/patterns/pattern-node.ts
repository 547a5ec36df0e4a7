/** Patterns as trees: what the readers of regular expressions, SIMILAR TO and log patterns make, and the compiler takes. */
import type { CharacterSet } from './character-set.ts'

/**
 * Places that a pattern can ask for. `start`, `end`: of the text. `last`: the end, or before the line end that ends the
 * text (`$` without `(?m)`). `line-start`, `line-end`: `^` and `$` with `(?m)`. `boundary`, `inside`: `\b` and `\B`.
 */
export type Place = 'start' | 'end' | 'last' | 'line-start' | 'line-end' | 'boundary' | 'inside'

export type PatternNode =
  /** one code point */
  | { readonly kind: 'one'; readonly set: CharacterSet }
  | { readonly kind: 'sequence'; readonly items: readonly PatternNode[] }
  /** the first option that leads to a match wins */
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | {
      readonly kind: 'repeat'
      readonly item: PatternNode
      readonly least: number
      /** Infinity: any number */
      readonly most: number
      readonly lazy: boolean
    }
  /** capturing groups are numbered from 1 */
  | { readonly kind: 'group'; readonly index: number; readonly item: PatternNode }
  | { readonly kind: 'place'; readonly place: Place }

export const NOTHING: PatternNode = { kind: 'sequence', items: [] }

/** True where a pattern can match without reading. */
export function canBeEmpty(node: PatternNode): boolean {
  switch (node.kind) {
    case 'one':
      return false
    case 'sequence':
      return node.items.every(canBeEmpty)
    case 'choice':
      return node.options.some(canBeEmpty)
    case 'repeat':
      return node.least === 0 || canBeEmpty(node.item)
    case 'group':
      return canBeEmpty(node.item)
    case 'place':
      return true
  }
}
