/**
 * Which fields nobody sees in samples of rows. Whoever may look at a page or tap a stream need not see an address or a
 * number of a card; what the pipeline computes and delivers is untouched.
 */
import { MillraceError } from '../../core/index.ts'

/** What stands in place of a masked value. */
export const MASKED = '***'

export class FieldMask {
  /** `COLUMN` or `STREAM.COLUMN`, upper case */
  readonly #names: ReadonlySet<string>

  /**
   * @param names columns of every stream as `EMAIL`, of one stream as `CLICKS.EMAIL`; case does not matter
   * @throws MillraceError `config` for an empty name
   */
  constructor(names: readonly string[] = []) {
    for (const name of names)
      if (!/^[^.]+(\.[^.]+)?$/.test(name))
        throw new MillraceError('config', `mask "${name}" must be the name of a column, or STREAM.COLUMN`)
    this.#names = new Set(names.map(name => name.toUpperCase()))
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  hides(stream: string, column: string): boolean {
    const name = column.toUpperCase()
    return this.#names.has(name) || this.#names.has(`${stream.toUpperCase()}.${name}`)
  }

  /**
   * The raw data of a bad event. Its fields are found where it is JSON; anything else may hold a masked field anywhere, so
   * nothing of it is shown. Without masks it is shown as it is.
   */
  data(text: string): string {
    if (this.isEmpty || text === '') return text
    try {
      return JSON.stringify(JSON.parse(text, (key, value: unknown) => (this.#isMaskedKey(key) ? MASKED : value)))
    } catch {
      return `${MASKED} (${text.length} characters; fields are masked, and these are not JSON)`
    }
  }

  /** The message of a bad event, without texts that it quotes and longer numbers. */
  message(text: string): string {
    return this.isEmpty ? text : text.replace(/'[^']*'|\b\d{4,}\b/g, MASKED)
  }

  #isMaskedKey(key: string): boolean {
    const name = key.toUpperCase()
    if (this.#names.has(name)) return true
    for (const each of this.#names) if (each.endsWith(`.${name}`)) return true
    return false
  }
}
