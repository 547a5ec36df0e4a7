/** A target that answers as a script says, and remembers what it was given and what it stored. */
import type { PutEntry, PutOutcome, PutTarget } from '../../producers/index.ts'

/** The answer to one call: outcomes, an error to throw, or null for an answer that never comes. */
export type Answer = readonly PutOutcome[] | Error | null
export type Script = (entries: readonly PutEntry[], callNumber: number) => Answer | Promise<Answer>

export const THROTTLED: PutOutcome = {
  errorCode: 'ProvisionedThroughputExceededException',
  errorMessage: 'Rate exceeded for shard shardId-000000000000',
}
export const INTERNAL: PutOutcome = { errorCode: 'InternalFailure', errorMessage: 'Internal service failure.' }

export class ScriptedTarget implements PutTarget {
  readonly calls: (readonly PutEntry[])[] = []
  /** text of the data of every entry that was stored, in order */
  readonly stored: string[] = []
  concurrent = 0
  concurrentMax = 0
  aborted = 0
  readonly #script: Script
  #sequence = 0

  constructor(script: Script = entries => entries.map(entry => this.store(entry))) {
    this.#script = script
  }

  /** Stores an entry and says so. */
  store(entry: PutEntry): PutOutcome {
    this.stored.push(new TextDecoder().decode(entry.data))
    return { shardId: 'shardId-000000000000', sequenceNumber: String(++this.#sequence) }
  }

  async putRecords(entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    this.calls.push(entries)
    this.concurrentMax = Math.max(this.concurrentMax, ++this.concurrent)
    try {
      const answer = await this.#script(entries, this.calls.length)
      if (answer instanceof Error) throw answer
      if (answer !== null) return answer
      return await new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          this.aborted++
          reject(new Error('aborted'))
        }),
      )
    } finally {
      this.concurrent--
    }
  }
}
