/**
 * Rows as DynamoDB knows them, and one conditional change of one row as plain data. Memory and file stores interpret a change
 * here; the DynamoDB store turns it into an expression. So what an operation means is written once.
 */

/** A value in DynamoDB's own notation; numbers are decimal texts. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly Uint8Array[] }
  | { readonly L: readonly AttributeValue[] }
  | { readonly M: Readonly<Record<string, AttributeValue>> }

export type Item = Readonly<Record<string, AttributeValue>>

/** One thing that must hold of the row as it is. All of a list must hold; a row that is missing has no attributes. */
export type ItemCondition =
  | { readonly attribute: string; readonly is: 'present' | 'absent' }
  | { readonly attribute: string; readonly is: 'equal'; readonly value: AttributeValue }

/** A conditional change of one row; a row that is missing is made, unless a condition forbids it. */
export interface ItemChange {
  readonly key: string
  readonly conditions: readonly ItemCondition[]
  readonly set: Item
  /** attributes that rise by a number; a missing one rises from 0 */
  readonly add: Readonly<Record<string, number>>
  readonly remove: readonly string[]
}

/** `item`: after the change, or, of a change that was refused, as it is (null: no row). */
export interface ItemOutcome {
  readonly done: boolean
  readonly item: Item | null
}

/** A table of rows by one key. Errors as LeaseTable tells. */
export interface ItemTable {
  /** the name of the key attribute */
  readonly keyName: string
  /** true when the table holds rows of every kind, told apart by entityType */
  readonly isShared: boolean
  /** strongly consistent */
  get(key: string): Promise<Item | null>
  change(change: ItemChange): Promise<ItemOutcome>
  /** Deletes the row if the conditions hold; a row that is missing is deleted already. */
  delete(key: string, conditions: readonly ItemCondition[]): Promise<void>
  scan(): Promise<readonly Item[]>
  /** keys of rows by their leaseOwner; may lag */
  keysByOwner(owner: string): Promise<readonly string[]>
}

export function holds(item: Item | null, conditions: readonly ItemCondition[]): boolean {
  return conditions.every(condition => {
    const value = item?.[condition.attribute]
    if (condition.is !== 'equal') return (value !== undefined) === (condition.is === 'present')
    return value !== undefined && equalValues(value, condition.value)
  })
}

/** The row after a change whose conditions hold. */
export function changed(item: Item | null, keyName: string, { key, set, add, remove }: ItemChange): Item {
  const after: Record<string, AttributeValue> = { ...item, [keyName]: { S: key }, ...set }
  for (const [name, by] of Object.entries(add)) after[name] = { N: String(numberIn(item ?? {}, name, 0) + by) }
  for (const name of remove) delete after[name]
  return after
}

export function equalValues(a: AttributeValue, b: AttributeValue): boolean {
  if ('S' in a) return 'S' in b && a.S === b.S
  if ('N' in a) return 'N' in b && (a.N === b.N || Number(a.N) === Number(b.N))
  if ('B' in a) return 'B' in b && equalBytes(a.B, b.B)
  if ('BOOL' in a) return 'BOOL' in b && a.BOOL === b.BOOL
  if ('NULL' in a) return 'NULL' in b
  if ('SS' in a) return 'SS' in b && sorted(a.SS) === sorted(b.SS)
  if ('NS' in a) return 'NS' in b && sorted(a.NS) === sorted(b.NS)
  if ('BS' in a)
    return 'BS' in b && a.BS.length === b.BS.length && a.BS.every(bytes => b.BS.some(other => equalBytes(bytes, other)))
  if ('L' in a)
    return (
      'L' in b && a.L.length === b.L.length && a.L.every((value, i) => equalValues(value, b.L[i] ?? { NULL: true }))
    )
  return 'M' in b && equalItems(a.M, b.M)
}

function equalItems(a: Item, b: Item): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => {
      const [x, y] = [a[name], b[name]]
      return x !== undefined && y !== undefined && equalValues(x, y)
    })
  )
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function sorted(texts: readonly string[]): string {
  return JSON.stringify(texts.toSorted())
}

/** A text attribute; `missing` when it is not there or of another type. */
export function textIn(item: Item, name: string): string | null {
  const value = item[name]
  return value !== undefined && 'S' in value ? value.S : null
}

/** A number attribute; `missing` when it is not there or of another type. */
export function numberIn<T>(item: Item, name: string, missing: T): number | T {
  const value = item[name]
  return value !== undefined && 'N' in value ? Number(value.N) : missing
}

export function textsIn(item: Item, name: string): readonly string[] {
  const value = item[name]
  return value !== undefined && 'SS' in value ? value.SS : []
}

export function bytesIn(item: Item, name: string): Uint8Array | null {
  const value = item[name]
  return value !== undefined && 'B' in value ? value.B : null
}
