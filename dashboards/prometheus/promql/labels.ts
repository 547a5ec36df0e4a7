/** The labels of a series: a sorted set of names and values with one text that identifies it. */

/** Name of the label that holds the name of a metric. */
export const METRIC_NAME = '__name__'

/** Immutable; two sets with the same `key` are the same set. A label with an empty value is no label. */
export class Labels {
  static readonly NONE = new Labels([])
  /** sorted by name, names unique, no empty value */
  readonly entries: readonly (readonly [name: string, value: string])[]
  /** names and values, each followed by a character that neither Unicode text nor a metric name begins with */
  readonly key: string

  private constructor(entries: readonly (readonly [string, string])[]) {
    this.entries = entries
    let key = ''
    for (const [name, value] of entries) key += `${name}\u0000${value}\u0001`
    this.key = key
  }

  static of(entries: Iterable<readonly [string, string]>): Labels {
    const sorted = [...new Map(entries)].filter(([, value]) => value !== '')
    sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return sorted.length === 0 ? Labels.NONE : new Labels(sorted)
  }

  /** The value of a label; empty where there is none, which is the same in PromQL. */
  get(name: string): string {
    for (const [known, value] of this.entries) if (known === name) return value
    return ''
  }

  /** Only these labels. */
  only(names: ReadonlySet<string>): Labels {
    return new Labels(this.entries.filter(([name]) => names.has(name)))
  }

  /** All labels but these. */
  except(names: ReadonlySet<string>): Labels {
    return new Labels(this.entries.filter(([name]) => !names.has(name)))
  }

  /** With one label set, or taken away by an empty value. */
  with(name: string, value: string): Labels {
    return Labels.of([...this.entries.filter(([known]) => known !== name), [name, value]])
  }

  toJSON(): Record<string, string> {
    return Object.fromEntries(this.entries)
  }

  /** `name{label="value"}`, as messages show it. */
  toString(): string {
    const name = this.get(METRIC_NAME)
    const rest = this.entries.filter(([known]) => known !== METRIC_NAME)
    const inner = rest.map(([known, value]) => `${known}=${JSON.stringify(value)}`).join(', ')
    return name !== '' && inner === '' ? name : `${name}{${inner}}`
  }
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME])

/** The set without its metric name: what arithmetic and most functions give. */
export function withoutName(labels: Labels): Labels {
  return labels.except(NAME_ONLY)
}

/** Order of results: by labels, name by name, as Prometheus sorts a matrix. */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.entries.length, b.entries.length)
  for (let i = 0; i < length; i++) {
    const [nameA, valueA] = a.entries[i] ?? ['', '']
    const [nameB, valueB] = b.entries[i] ?? ['', '']
    if (nameA !== nameB) return nameA < nameB ? -1 : 1
    if (valueA !== valueB) return valueA < valueB ? -1 : 1
  }
  return a.entries.length - b.entries.length
}
