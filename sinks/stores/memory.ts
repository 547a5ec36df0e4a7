/** Objects in memory, for tests and simulations. */
import { MillraceError } from '../../core/index.ts'
import { type ObjectAttributes, type ObjectWriter, type OpenStore, STAGED_AS, type StoredObject } from './store.ts'

export class MemoryStore implements OpenStore {
  readonly place = 'memory'
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

  async *list(prefix: string): AsyncIterable<StoredObject> {
    for (const [key, { length }] of this.#objects)
      if (key.startsWith(prefix)) yield { key, sizeBytes: length, modifiedAt: 0 }
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    const bytes = this.#objects.get(key)
    if (bytes === undefined) throw new MillraceError('not_found', `object ${key}: there is none`)
    yield bytes
  }

  async remove(key: string): Promise<void> {
    this.#objects.delete(key)
    this.#attributes.delete(key)
  }

  async publish(from: string, to: string): Promise<void> {
    if (this.#objects.has(to)) {
      if (this.#attributes.get(to)?.metadata?.[STAGED_AS] === encodeURIComponent(from)) return
      throw new MillraceError('already_exists', `object ${to}: it exists already`)
    }
    const bytes = this.#objects.get(from)
    if (bytes === undefined) throw new MillraceError('not_found', `object ${from}: it is gone, and so is ${to}`)
    this.#objects.set(to, bytes)
    this.#attributes.set(to, this.#attributes.get(from) ?? {})
  }

  /** What a crash of the writer does: nothing that was begun is ever completed. */
  crash(): void {
    this.#open.clear()
  }
}
