/**
 * Which fields nobody sees in samples of rows. Whoever may look at a page or tap a stream need not see an address or a
 * number of a card; what the pipeline computes and delivers is untouched.
 */
import { MillraceError } from '../../core/index.ts'

/**
 * What a message may have of the data: what the decoder did not take (a text, number, array or object); texts in quotes of SQL,
 * which doubles none of them, and of JSON; arrays and objects, which may be cut; longer numbers.
 */
const QUOTED =
  /(?<=does not take the \w+ ).+(?=; expected )|'.*'|'.*|"(?:[^"\\]|\\.)*"?|[[{].*|\b\d+\.\d+\b|\b\d{4,}\b/gs

/** What stands in place of a masked value. */
export const MASKED = '***'

export class FieldMask {
  /** `COLUMN` or `STREAM.COLUMN`, upper case */
  readonly #names: ReadonlySet<string>
  /** keys of JSON under which masked columns come, upper case */
  readonly #keys: ReadonlySet<string>

  /**
   * @param names columns of every stream as `EMAIL`, of one stream as `CLICKS.EMAIL`; case does not matter
   * @param keys by column of the input, the key of raw data that its Mapping ends in; '' where that is all of the data
   * @throws MillraceError `config` for an empty name
   */
  constructor(names: readonly string[] = [], keys: ReadonlyMap<string, string> = new Map()) {
    for (const name of names)
      if (!/^[^.]+(\.[^.]+)?$/.test(name))
        throw new MillraceError('config', `mask "${name}" must be the name of a column, or STREAM.COLUMN`)
    this.#names = new Set(names.map(name => name.toUpperCase()))
    const columns = new Set([...this.#names].map(name => name.slice(name.indexOf('.') + 1)))
    const mapped = [...keys].filter(([column]) => columns.has(column.toUpperCase()))
    this.#keys = new Set([...columns, ...mapped.map(([, key]) => key.toUpperCase())])
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  hides(stream: string, column: string): boolean {
    const name = column.toUpperCase()
    return this.#names.has(name) || this.#names.has(`${stream.toUpperCase()}.${name}`)
  }

  /**
   * The raw data of a bad event. Its fields are found where it is a JSON object; anything else may hold a masked field anywhere, so
   * nothing of it is shown. Without masks it is shown as it is.
   */
  data(text: string): string {
    if (this.isEmpty || text === '') return text
    try {
      const value: unknown = JSON.parse(text, (key, each: unknown) => this.#member(key, each))
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return JSON.stringify(value)
    } catch {
      // No JSON.
    }
    return `${MASKED} (${text.length} characters; fields are masked, and these are not a JSON object)`
  }

  /** The message of a bad event, without what it tells of the data; names of columns stay. */
  message(text: string): string {
    if (this.isEmpty) return text
    return text.replace(QUOTED, (found: string, at: number) =>
      found.startsWith('"') && text.slice(0, at).endsWith('column ') ? found : MASKED,
    )
  }

  /** A text may be JSON once more. */
  #member(key: string, value: unknown): unknown {
    if (this.#keys.has(key.toUpperCase())) return MASKED
    return typeof value === 'string' && /^\s*["[{]/.test(value) ? this.data(value) : value
  }
}
