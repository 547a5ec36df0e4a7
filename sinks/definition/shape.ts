/**
 * Shapes of configuration members as data, with the TypeScript type that each stands for. One table serves the compiler and
 * the checker, so that they cannot disagree. The bounds are those of Firehose's API model.
 */

export interface StringShape<Value extends string = string> {
  readonly kind: 'string'
  /** least and largest length in characters */
  readonly min: number
  readonly max: number
  /** must match the whole value */
  readonly pattern: string | null
  readonly values: readonly Value[] | null
  /** never shown in a message */
  readonly secret: boolean
}

export interface NumberShape {
  readonly kind: 'integer' | 'double' | 'timestamp'
  readonly min: number
  readonly max: number
}

export interface BooleanShape {
  readonly kind: 'boolean'
}

export interface ListShape<Item extends Shape = Shape> {
  readonly kind: 'list'
  readonly item: Item
  readonly min: number
  readonly max: number
}

export interface MapShape {
  readonly kind: 'map'
  readonly key: StringShape
  readonly value: StringShape
}

type Members = Readonly<Record<string, Shape>>

export interface StructureShape<Required extends Members = Members, Optional extends Members = Members> {
  readonly kind: 'structure'
  readonly required: Required
  readonly optional: Optional
}

export type Shape =
  | StringShape
  | NumberShape
  | BooleanShape
  | { readonly kind: 'list'; readonly item: Shape; readonly min: number; readonly max: number }
  | MapShape
  | { readonly kind: 'structure'; readonly required: Members; readonly optional: Members }

/** The TypeScript type of a shape. */
export type TypeOf<S> =
  S extends StringShape<infer Value>
    ? Value
    : S extends NumberShape
      ? number
      : S extends BooleanShape
        ? boolean
        : S extends { readonly kind: 'list'; readonly item: infer Item }
          ? readonly TypeOf<Item>[]
          : S extends MapShape
            ? Readonly<Record<string, string>>
            : S extends {
                  readonly kind: 'structure'
                  readonly required: infer Required
                  readonly optional: infer Optional
                }
              ? { readonly [Name in keyof Required]: TypeOf<Required[Name]> } & {
                  readonly [Name in keyof Optional]?: TypeOf<Optional[Name]> | undefined
                }
              : never

export function text(min: number, max: number, pattern: string | null = null): StringShape {
  return { kind: 'string', min, max, pattern, values: null, secret: false }
}

/** A text that no message may show, such as a token. */
export function secret(min: number, max: number, pattern: string | null = null): StringShape {
  return { ...text(min, max, pattern), secret: true }
}

export function oneOf<const Value extends string>(...values: readonly Value[]): StringShape<Value> {
  return { kind: 'string', min: 0, max: Number.POSITIVE_INFINITY, pattern: null, values, secret: false }
}

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): NumberShape {
  return { kind: 'integer', min, max }
}

export function double(min: number, max: number): NumberShape {
  return { kind: 'double', min, max }
}

/** Epoch seconds, as the JSON of the API writes instants. */
export const timestamp: NumberShape = {
  kind: 'timestamp',
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
}

export const boolean: BooleanShape = { kind: 'boolean' }

export function list<const Item extends Shape>(item: Item, min = 0, max = Number.POSITIVE_INFINITY): ListShape<Item> {
  return { kind: 'list', item, min, max }
}

export function map(key: StringShape, value: StringShape): MapShape {
  return { kind: 'map', key, value }
}

export function structure<const Required extends Members, const Optional extends Members>(
  required: Required,
  optional: Optional,
): StructureShape<Required, Optional> {
  return { kind: 'structure', required, optional }
}
