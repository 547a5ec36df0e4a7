/**
 * Hive's column types, as Glue writes them.
 *
 *   type = name | decimal "(" p "," s ")" | varchar "(" n ")" | char "(" n ")"
 *        | "array<" type ">" | "map<" type "," type ">" | "struct<" name ":" type { "," name ":" type } ">"
 */

/** A type whose values do not nest. */
export type PlainType =
  | {
      readonly kind:
        | 'boolean'
        | 'tinyint'
        | 'smallint'
        | 'int'
        | 'bigint'
        | 'float'
        | 'double'
        | 'string'
        | 'binary'
        | 'date'
        | 'timestamp'
    }
  | { readonly kind: 'varchar' | 'char'; readonly length: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }

export type HiveType =
  | PlainType
  | { readonly kind: 'array'; readonly item: HiveType }
  | { readonly kind: 'map'; readonly key: PlainType; readonly value: HiveType }
  | { readonly kind: 'struct'; readonly fields: readonly HiveColumn[] }

export function isPlain(type: HiveType): type is PlainType {
  return type.kind !== 'array' && type.kind !== 'map' && type.kind !== 'struct'
}

export interface HiveColumn {
  /** in lower case, as Glue keeps it */
  readonly name: string
  readonly type: HiveType
}

const PLAIN = [
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'string',
  'binary',
  'date',
  'timestamp',
] as const
const DEPTH_MAX = 32
/** Hive: largest precision of a decimal; default (10, 0). */
const PRECISION_MAX = 38

/** The type for a text, or a sentence saying what is wrong with it. */
export function hiveTypeOf(text: string): HiveType | string {
  const reader = new TypeReader(text)
  try {
    const type = reader.type(0)
    reader.end()
    return type
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

class TypeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  type(depth: number): HiveType {
    if (depth > DEPTH_MAX) throw new Error(`types are nested more than ${DEPTH_MAX} deep`)
    const name = this.#word().toLowerCase()
    const plain = PLAIN.find(known => known === (name === 'integer' ? 'int' : name))
    if (plain !== undefined) return { kind: plain }
    switch (name) {
      case 'varchar':
      case 'char':
        return { kind: name, length: this.#numbers(1, 1)[0] ?? 1 }
      case 'decimal': {
        const [precision = 10, scale = 0] = this.#text[this.#at] === '(' ? this.#numbers(1, 2) : []
        if (precision < 1 || precision > PRECISION_MAX || scale > precision)
          throw new Error(`decimal(${precision},${scale}): precision is 1 to ${PRECISION_MAX}, scale at most that`)
        return { kind: 'decimal', precision, scale }
      }
      case 'array': {
        this.#expect('<')
        const item = this.type(depth + 1)
        this.#expect('>')
        return { kind: 'array', item }
      }
      case 'map': {
        this.#expect('<')
        const key = this.type(depth + 1)
        this.#expect(',')
        const value = this.type(depth + 1)
        this.#expect('>')
        if (!isPlain(key)) throw new Error('the key of a map is no plain type')
        return { kind: 'map', key, value }
      }
      case 'struct': {
        const fields: HiveColumn[] = []
        this.#expect('<')
        do {
          const field = this.#word().toLowerCase()
          this.#expect(':')
          if (fields.some(other => other.name === field)) throw new Error(`struct has two fields "${field}"`)
          fields.push({ name: field, type: this.type(depth + 1) })
        } while (this.#take(','))
        this.#expect('>')
        return { kind: 'struct', fields }
      }
      default:
        throw new Error(`unknown type "${name}"`)
    }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw new Error(`"${this.#text.slice(this.#at)}" stands after the type`)
  }

  #word(): string {
    this.#space()
    const match = /^[A-Za-z0-9_$.-]+/.exec(this.#text.slice(this.#at))
    if (match === null) throw new Error(`a name is missing at character ${this.#at + 1}`)
    this.#at += match[0].length
    return match[0]
  }

  #numbers(least: number, most: number): readonly number[] {
    const match = /^\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/.exec(this.#text.slice(this.#at))
    const numbers =
      match
        ?.slice(1)
        .filter(part => part !== undefined)
        .map(Number) ?? []
    if (match === null || numbers.length < least || numbers.length > most)
      throw new Error(`numbers in brackets are missing at character ${this.#at + 1}`)
    this.#at += match[0].length
    return numbers
  }

  #space(): void {
    while (this.#text[this.#at] === ' ') this.#at++
  }

  #take(character: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new Error(`"${character}" is missing at character ${this.#at + 1}`)
  }
}
