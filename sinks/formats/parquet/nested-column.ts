/**
 * Lists, maps and structs as columns of leaves with levels (Dremel; parquet-format, README, "Nested Encoding"). The definition level
 * of an entry says how much of the way to its leaf is there, its repetition level at which list it goes on:
 *
 *                      definition, below a list of optional items at level d     repetition
 *   null               d                                                         that of what is around it
 *   []                 d + 1                                                     that of what is around it
 *   [null, 7]          d + 2, d + 3                                              first the same, then the level of the list
 *
 * A map is a list of structs whose key is required; a struct adds one definition level.
 */
import type { SchemaElement } from 'hyparquet'
import { assert, type ColumnVector } from '../../../core/index.ts'
import type { ChunkValues, GroupColumn } from './chunk-values.ts'
import { type ColumnBuffer, columnBufferOf } from './column-buffer.ts'
import type { PageBytes } from './page-bytes.ts'
import { isGroup, nameOf, type ParquetColumn, type ParquetGroup, type ParquetNode } from './schema.ts'

/** What the levels of an entry count. */
const LEVELS_BYTES = 2
const ENTRIES_FIRST = 1_024

/** Takes the values of one node of the schema apart. */
interface Shredder {
  /** @returns bytes before encoding */
  put(value: unknown, definition: number, repetition: number): number
  /** Nothing is there from this level on. */
  absent(definition: number, repetition: number): number
}

export class NestedColumn implements GroupColumn {
  readonly leaves: readonly LeafValues[]
  readonly #root: Shredder

  constructor(group: ParquetGroup) {
    const leaves: LeafValues[] = []
    this.#root = shredderOf(group, { path: [], definition: 0, repetition: 0 }, leaves)
    this.leaves = leaves
  }

  append(rows: ColumnVector | readonly unknown[], from: number, to: number): number {
    assert(!('layout' in rows), 'values that nest come as they are, in no column')
    let sizeBytes = 0
    for (let row = from; row < to; row++) sizeBytes += this.put(rows[row])
    return sizeBytes
  }

  /** Lists are arrays, maps arrays of `{key, value}`, structs objects with all their fields. */
  put(value: unknown): number {
    for (const leaf of this.leaves) leaf.rows++
    return this.#root.put(value, 0, 0)
  }

  clear(): void {
    for (const leaf of this.leaves) leaf.clear()
  }
}

/** Where a node of the schema stands. */
interface Place {
  readonly path: readonly string[]
  /** levels of all that is around it */
  readonly definition: number
  readonly repetition: number
}

function shredderOf(node: ParquetNode, place: Place, leaves: LeafValues[]): Shredder {
  if (!isGroup(node)) {
    const leaf = new LeafValues(node, place)
    leaves.push(leaf)
    return leaf
  }
  const { definition, repetition } = place
  const path = [...place.path, node.name]
  switch (node.kind) {
    case 'struct': {
      const inside = { path, definition: definition + 1, repetition }
      return new StructShredder(node.fields.map(field => [nameOf(field), shredderOf(field, inside, leaves)] as const))
    }
    case 'list': {
      const inside = { path: [...path, 'list'], definition: definition + 2, repetition: repetition + 1 }
      return new ListShredder(shredderOf(node.item, inside, leaves), repetition + 1)
    }
    case 'map': {
      const inside = { path: [...path, 'key_value'], definition: definition + 2, repetition: repetition + 1 }
      // A pair is there as soon as the list has it.
      const pair = new PairShredder(shredderOf(node.key, inside, leaves), shredderOf(node.value, inside, leaves))
      return new ListShredder(pair, repetition + 1)
    }
  }
}

class StructShredder implements Shredder {
  readonly #fields: readonly (readonly [string, Shredder])[]

  constructor(fields: readonly (readonly [string, Shredder])[]) {
    this.#fields = fields
  }

  put(value: unknown, definition: number, repetition: number): number {
    if (value === null || value === undefined) return this.absent(definition, repetition)
    let sizeBytes = 0
    for (const [name, field] of this.#fields)
      sizeBytes += field.put((value as Readonly<Record<string, unknown>>)[name], definition + 1, repetition)
    return sizeBytes
  }

  absent(definition: number, repetition: number): number {
    let sizeBytes = 0
    for (const [, field] of this.#fields) sizeBytes += field.absent(definition, repetition)
    return sizeBytes
  }
}

class PairShredder implements Shredder {
  readonly #key: Shredder
  readonly #value: Shredder

  constructor(key: Shredder, value: Shredder) {
    this.#key = key
    this.#value = value
  }

  put(pair: unknown, definition: number, repetition: number): number {
    const { key, value } = pair as { readonly key: unknown; readonly value: unknown }
    return this.#key.put(key, definition, repetition) + this.#value.put(value, definition, repetition)
  }

  absent(definition: number, repetition: number): number {
    return this.#key.absent(definition, repetition) + this.#value.absent(definition, repetition)
  }
}

class ListShredder implements Shredder {
  readonly #item: Shredder
  /** repetition level of all items but the first */
  readonly #level: number

  constructor(item: Shredder, level: number) {
    this.#item = item
    this.#level = level
  }

  put(value: unknown, definition: number, repetition: number): number {
    if (value === null || value === undefined) return this.#item.absent(definition, repetition)
    const items = value as readonly unknown[]
    if (items.length === 0) return this.#item.absent(definition + 1, repetition)
    let sizeBytes = 0
    for (let i = 0; i < items.length; i++)
      sizeBytes += this.#item.put(items[i], definition + 2, i === 0 ? repetition : this.#level)
    return sizeBytes
  }

  absent(definition: number, repetition: number): number {
    return this.#item.absent(definition, repetition)
  }
}

/** One leaf: its values and the levels of its entries. */
class LeafValues implements ChunkValues, Shredder {
  readonly element: SchemaElement
  readonly path: readonly string[]
  readonly buffer: ColumnBuffer
  readonly entryBytes = LEVELS_BYTES
  readonly repeats: boolean
  rows = 0
  entries = 0
  readonly #definitionMax: number
  readonly #definitionBits: number
  readonly #repetitionBits: number
  #definitions = new Uint8Array(ENTRIES_FIRST)
  #repetitions = new Uint8Array(ENTRIES_FIRST)

  constructor({ element, lane }: ParquetColumn, { path, definition, repetition }: Place) {
    this.element = element
    this.path = [...path, element.name]
    this.buffer = columnBufferOf(lane, element.type_length)
    this.repeats = repetition > 0
    this.#definitionMax = definition + (element.repetition_type === 'REQUIRED' ? 0 : 1)
    this.#definitionBits = bitsOf(this.#definitionMax)
    this.#repetitionBits = bitsOf(repetition)
  }

  put(value: unknown, definition: number, repetition: number): number {
    if (value === null || value === undefined) {
      assert(definition < this.#definitionMax, 'the key of a map is no NULL')
      return this.absent(definition, repetition)
    }
    this.#enter(this.#definitionMax, repetition)
    return LEVELS_BYTES + this.buffer.put(value)
  }

  absent(definition: number, repetition: number): number {
    this.#enter(definition, repetition)
    return LEVELS_BYTES
  }

  #enter(definition: number, repetition: number): void {
    if (this.entries === this.#definitions.length) {
      this.#definitions = doubled(this.#definitions)
      this.#repetitions = doubled(this.#repetitions)
    }
    this.#definitions[this.entries] = definition
    this.#repetitions[this.entries++] = repetition
  }

  clear(): void {
    this.rows = 0
    this.entries = 0
    this.buffer.clear()
  }

  hasValue(entry: number): boolean {
    return this.#definitions[entry] === this.#definitionMax
  }

  beginsRow(entry: number): boolean {
    return this.#repetitions[entry] === 0
  }

  writeRepetitions(out: PageBytes, from: number, to: number): void {
    if (this.repeats) out.hybrid(this.#repetitions, from, to, this.#repetitionBits)
  }

  writeDefinitions(out: PageBytes, from: number, to: number): void {
    out.hybrid(this.#definitions, from, to, this.#definitionBits)
  }
}

/** Bits of levels up to a greatest one. */
const bitsOf = (most: number): number => 32 - Math.clz32(most)

function doubled(levels: Uint8Array): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(levels.length * 2)
  grown.set(levels)
  return grown
}
