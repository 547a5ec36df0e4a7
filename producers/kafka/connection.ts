/**
 * The client's producer: made and connected when it is first needed, given up when its numbering of batches cannot be trusted
 * any more, and ended when nobody uses it.
 */
import type { KafkaLike, KafkaProducerLike } from './client.ts'

interface Held {
  readonly producer: Promise<KafkaProducerLike>
  uses: number
  retired: boolean
}

export class KafkaConnection {
  readonly #client: Pick<KafkaLike, 'producer'>
  readonly #options: Parameters<KafkaLike['producer']>[0]
  #held: Held | null = null

  constructor(client: Pick<KafkaLike, 'producer'>, options: Parameters<KafkaLike['producer']>[0]) {
    this.#client = client
    this.#options = options
  }

  /** Runs `work` with a connected producer, which is not ended before `work` is. */
  async use<T>(work: (producer: KafkaProducerLike) => Promise<T>): Promise<T> {
    const held = (this.#held ??= this.#connect())
    held.uses++
    try {
      return await work(await held.producer)
    } finally {
      held.uses--
      this.#endUnused(held)
    }
  }

  /** The next use gets a new producer, with an id of its own. */
  renew(): void {
    const held = this.#held
    this.#held = null
    if (held === null) return
    held.retired = true
    this.#endUnused(held)
  }

  /** Resolves when the connection has ended; work that goes on ends with an error. */
  async close(): Promise<void> {
    const held = this.#held
    this.#held = null
    if (held !== null) await end(held)
  }

  #connect(): Held {
    const producer = this.#client.producer(this.#options)
    const held: Held = { producer: producer.connect().then(() => producer), uses: 0, retired: false }
    // A connection that failed is not kept for those who come later.
    held.producer.catch(() => {
      if (this.#held === held) this.#held = null
    })
    return held
  }

  #endUnused(held: Held): void {
    if (held.retired && held.uses === 0) void end(held)
  }
}

/** What fails while a connection ends concerns nobody: everything that was sent on it has its answer, or has none. */
async function end({ producer }: Held): Promise<void> {
  try {
    await (await producer).disconnect()
  } catch {
    // it never was connected, or it broke
  }
}
