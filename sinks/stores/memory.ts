/** Objects in memory, for tests and simulations. */
import { MillraceError } from '../../core/index.ts'
import type { ObjectAttributes, ObjectStore, ObjectWriter } from './store.ts'

export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>()
  readonly #attributes = new Map<string, ObjectAttributes>()
  readonly #open = new Set<string>()

  /** visible objects by key, in order of completion */
  get objects(): ReadonlyMap<string, Uint8Array> {
    return this.#objects
  }

  /** what came with visible objects, by key */
  get attributes(): ReadonlyMap<string, ObjectAttributes> {
    return this.#attributes
  }

  /** keys that were begun and neither completed nor aborted */
  get open(): ReadonlySet<string> {
    return this.#open
  }

  begin(key: string, attributes: ObjectAttributes = {}): Promise<ObjectWriter> {
    if (this.#objects.has(key) || this.#open.has(key))
      return Promise.reject(new MillraceError('already_exists', `object ${key}: it exists already`))
    this.#open.add(key)
    const parts: Uint8Array[] = []
    return Promise.resolve({
      write: async bytes => void parts.push(new Uint8Array(bytes)),
      complete: async () => {
        if (!this.#open.delete(key)) return
        this.#objects.set(key, new Uint8Array(Buffer.concat(parts)))
        this.#attributes.set(key, attributes)
      },
      abort: async () => void this.#open.delete(key),
    })
  }
}
