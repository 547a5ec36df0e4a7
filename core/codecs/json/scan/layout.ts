/**
 * A layout is what the records of one producer have in common: everything but the scalar values. It is learnt from one record
 * and cuts it into literals and values: `{"a":` 1 `,"b": {"c":` "x" `}}`. Nesting, blanks and line ends are in the literals.
 *
 * A record with the same literals, and with a valid scalar in each gap, is a valid document of the same structure.
 */
import { nestsTooDeep } from '../documents.ts'
import type { RowPlan } from '../path.ts'

/** Values of a record and bytes of its literals, at most, for a layout to be learnt from it. */
export const LAYOUT_FIELDS_MAX = 1_024
export const LAYOUT_LITERAL_BYTES_MAX = 32_768

export interface LayoutField {
  /** UTF-8 before the value */
  readonly literal: Uint8Array
  /** index of the schema column that the value belongs to, or -1 */
  readonly column: number
  /** what the value was in the record that the layout was learnt from */
  readonly value: 'string' | 'number' | 'other'
}

export interface Layout {
  readonly fields: readonly LayoutField[]
  /** UTF-8 after the last value */
  readonly tail: Uint8Array
  /** columns that a record of this layout leaves NULL */
  readonly missing: readonly number[]
}

/** The columns by the names that lead to them. */
export interface PathNode {
  /** index of the schema column, or -1 */
  column: number
  /** true: rows come from here, so it must be an object */
  root: boolean
  readonly children: Map<string, PathNode>
}

function newNode(): PathNode {
  return { column: -1, root: false, children: new Map() }
}

/**
 * The names of a row plan as a tree.
 * @param read by column: false leaves it out
 * @returns null when rows are made of lists, or values are asked for twice: such plans are not scanned
 */
export function pathTree(plan: RowPlan, read: readonly boolean[]): PathNode | null {
  if (plan.rootElements || plan.listNames !== null) return null
  const tree = newNode()
  let root = tree
  for (const name of plan.rootNames) root = childOf(root, name)
  root.root = true
  for (const [column, path] of plan.columns.entries()) {
    if (path.wholeArray || path.names.length === 0) return null
    if (read[column] !== true) continue
    let node = root
    for (const name of path.names) node = childOf(node, name)
    if (node.column >= 0) return null
    node.column = column
  }
  return tree
}

function childOf(node: PathNode, name: string): PathNode {
  let child = node.children.get(name)
  if (child === undefined) {
    child = newNode()
    node.children.set(name, child)
  }
  return child
}

/** One scalar of a valid document, from its first character to its last. */
const SCALAR = /"(?:[^"\\]|\\.)*"|[-+.0-9eEtrufalsn]+/y

/** What a member is called; members of one object that are called the same count as equal. */
export type NameOf = (member: string) => string

/** The layout of a record, or null when none can be learnt from it: invalid, too large, or a column in it is no scalar. */
export function learnLayout(
  text: string,
  tree: PathNode,
  columns: readonly number[],
  nameOf: NameOf = name => name,
): Layout | null {
  if (nestsTooDeep(text)) return null
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  return new Learner(text, nameOf).learn(tree, columns)
}

/** Walks over a document that is known to be valid. */
class Learner {
  readonly #text: string
  readonly #nameOf: NameOf
  readonly #fields: LayoutField[] = []
  readonly #found = new Set<number>()
  #at = 0
  #literalStart = 0
  #literalBytes = 0
  #usable = true
  #rootSeen = false

  constructor(text: string, nameOf: NameOf) {
    this.#text = text
    this.#nameOf = nameOf
  }

  learn(tree: PathNode, columns: readonly number[]): Layout | null {
    this.#value(tree)
    if (!this.#usable || !this.#rootSeen || this.#fields.length > LAYOUT_FIELDS_MAX) return null
    const tail = this.#literal(this.#text.length)
    if (this.#literalBytes > LAYOUT_LITERAL_BYTES_MAX) return null
    return { fields: this.#fields, tail, missing: columns.filter(column => !this.#found.has(column)) }
  }

  #literal(end: number): Uint8Array {
    const bytes = Buffer.from(this.#text.slice(this.#literalStart, end))
    this.#literalBytes += Math.ceil(bytes.length / 16) * 16
    return bytes
  }

  /** Skips blanks and returns the character that follows. */
  #next(): string {
    while (this.#at < this.#text.length && ' \n\r\t'.includes(this.#text[this.#at] ?? '')) this.#at++
    return this.#text[this.#at] ?? ''
  }

  #scalarEnd(): number {
    SCALAR.lastIndex = this.#at
    return this.#at + (SCALAR.exec(this.#text)?.[0].length ?? 0)
  }

  #value(node: PathNode | undefined): void {
    const first = this.#next()
    if (first === '{' || first === '[') {
      // A container as a cell is its source text, or an error.
      if (node !== undefined && node.column >= 0) this.#usable = false
      if (first === '[') this.#items()
      else this.#members(node)
      return
    }
    if (this.#fields.length < LAYOUT_FIELDS_MAX + 1) {
      const column = node?.column ?? -1
      const value = first === '"' ? 'string' : /[-0-9]/.test(first) ? 'number' : 'other'
      this.#fields.push({ literal: this.#literal(this.#at), column, value })
      if (column >= 0) this.#found.add(column)
    }
    this.#at = this.#scalarEnd()
    this.#literalStart = this.#at
  }

  #items(): void {
    this.#at++
    while (this.#next() !== ']') {
      if (this.#text[this.#at] === ',') this.#at++
      this.#value(undefined)
    }
    this.#at++
  }

  #members(node: PathNode | undefined): void {
    if (node?.root === true) this.#rootSeen = true
    const names = new Set<string>()
    this.#at++
    while (this.#next() !== '}') {
      if (this.#text[this.#at] === ',') this.#at++
      this.#next()
      const end = this.#scalarEnd()
      const written = this.#text.slice(this.#at + 1, end - 1)
      const name = this.#nameOf(written)
      // Of equal names the last one counts, and an escaped name may equal another: neither is worth a layout.
      if (names.has(name) || written.includes('\\')) this.#usable = false
      names.add(name)
      this.#at = end
      this.#next()
      this.#at++
      this.#value(node?.children.get(name))
    }
    this.#at++
  }
}
