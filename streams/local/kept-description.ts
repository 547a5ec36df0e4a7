/** The description of a stream, in memory and in its file, which is replaced as a whole; changes are written one after the other. */
import { type StreamRecord, writeStreamFile } from './stream-file.ts'
import type { StreamSettings } from './stream-settings.ts'

export class KeptDescription {
  readonly #storage: StreamSettings['storage']
  #record: StreamRecord
  #turn: Promise<void> = Promise.resolve()
  #isBehind = false

  constructor(record: StreamRecord, storage: StreamSettings['storage']) {
    this.#record = record
    this.#storage = storage
  }

  get current(): StreamRecord {
    return this.#record
  }

  /** true after a write failed: the file says less than `current` does */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /**
   * Changes members; resolves when the file has them.
   * @throws MillraceError `unwritable_output`; memory has the change then, and the next write takes it along
   */
  change(part: Partial<StreamRecord>): Promise<void> {
    this.#record = { ...this.#record, ...part }
    return this.save()
  }

  /** @throws MillraceError `unwritable_output` */
  save(): Promise<void> {
    const storage = this.#storage
    if (storage === null) return Promise.resolve()
    const done = this.#turn.then(async () => {
      try {
        await writeStreamFile(storage.files, storage.directory, this.#record)
        this.#isBehind = false
      } catch (error) {
        this.#isBehind = true
        throw error
      }
    })
    this.#turn = done.catch(() => {})
    return done
  }
}
