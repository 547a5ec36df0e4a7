/** Sends the batches of a call and tells what became of each entry. kafka-target.ts says which way promises what. */
import { type Env, MillraceError } from '../../core/index.ts'
import { type PutEntry, type PutOutcome, type PutRefused, UNKNOWN_END } from '../put-target.ts'
import { backoffMs } from '../retrier.ts'
import { batchesOf, halvesOf, type PartitionBatch, storedOutcomes } from './batches.ts'
import type { KafkaLike, KafkaProducerLike, KafkaReceipt, KafkaSend, KafkaTransactionLike } from './client.ts'
import { KafkaConnection } from './connection.ts'
import { isDuplicate, isFinalRefusal, isNumberingBroken, isTooEarly, isTooLarge, refusalOf } from './failures.ts'
import { TopicPartitions, type TopicPartitionsOptions } from './partitions.ts'
import { Turns } from './turns.ts'

export interface SenderOptions extends Omit<TopicPartitionsOptions, 'topic' | 'clock' | 'client'> {
  readonly client: KafkaLike
  readonly env: Pick<Env, 'clock' | 'random'>
  readonly batch: Readonly<Omit<KafkaSend, 'messages'>>
  /** batches carry sequence numbers: idempotent or transactional */
  readonly numbered: boolean
  readonly transactionalId: string | undefined
  readonly transactionTimeout: number | undefined
}

/** Tries inside kafkajs beyond the first: as few as it allows, because only here is it known when to end. */
const RETRIES = { plain: 0, numbered: 1 } as const

export class Sender {
  readonly #options: SenderOptions
  readonly #partitions: TopicPartitions
  readonly #connection: KafkaConnection
  readonly #turns = new Turns()

  constructor(options: SenderOptions) {
    const { client, env, batch, numbered, transactionalId, transactionTimeout } = options
    this.#options = options
    this.#partitions = new TopicPartitions({ ...options, topic: batch.topic, clock: env.clock })
    this.#connection = new KafkaConnection(client, {
      idempotent: numbered,
      allowAutoTopicCreation: false,
      retry: { retries: numbered ? RETRIES.numbered : RETRIES.plain },
      ...(numbered ? { maxInFlightRequests: 1 } : {}),
      ...(transactionalId === undefined ? {} : { transactionalId }),
      ...(transactionTimeout === undefined ? {} : { transactionTimeout }),
    })
  }

  /** As `PutTarget.putRecords`. */
  async put(entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutOutcome[]> {
    const batches = batchesOf(entries, await this.#assign(entries))
    const outcomes = Array.from<PutOutcome>({ length: entries.length })
    const { numbered, transactionalId } = this.#options
    if (transactionalId !== undefined)
      await this.#turns.run('transaction', () => this.#transact(batches, outcomes, signal))
    else if (numbered)
      await Promise.all(
        batches.map(batch => this.#turns.run(`${batch.partition}`, () => this.#store(batch, outcomes, signal))),
      )
    else await Promise.all(batches.map(batch => this.#store(batch, outcomes, signal)))
    return outcomes
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** @throws MillraceError, or an Error named as the broker or the client names it */
  async #assign(entries: readonly PutEntry[]): Promise<readonly number[]> {
    try {
      return await this.#partitions.assign(entries)
    } catch (error) {
      throw error instanceof MillraceError ? error : callError(refusalOf(error))
    }
  }

  /** Stores one batch, in halves where the broker finds it too large. Every outcome is a value. */
  async #store(batch: PartitionBatch, outcomes: PutOutcome[], signal: AbortSignal): Promise<void> {
    // It waited for its turn, and nobody waits for it any more.
    if (signal.aborted) return settle(batch, outcomes, ABORTED)
    try {
      const receipts = await this.#connection.use(producer =>
        this.#options.numbered ? this.#sendNumbered(producer, batch, signal) : this.#send(producer, batch),
      )
      settleStored(batch, outcomes, receipts)
    } catch (error) {
      if (isTooLarge(error) && batch.places.length > 1) {
        for (const half of halvesOf(batch)) await this.#store(half, outcomes, signal)
        return
      }
      this.#partitions.invalidate()
      settle(batch, outcomes, error instanceof UnknownEnd ? error.outcome : refusalOf(error))
    }
  }

  /**
   * @returns nothing for a batch that the broker has from an earlier try, and of which it does not tell where
   * @throws UnknownEnd where the batch may have been stored; else what kafkajs throws, and then it was not
   */
  async #sendNumbered(
    producer: KafkaProducerLike,
    batch: PartitionBatch,
    signal: AbortSignal,
  ): Promise<readonly KafkaReceipt[]> {
    const { clock, random } = this.#options.env
    for (let failures = 1; ; failures++) {
      try {
        return await this.#send(producer, batch)
      } catch (error) {
        if (isDuplicate(error)) return []
        const final = isFinalRefusal(error)
        if (final && failures === 1) throw error
        const hopeless = final || isNumberingBroken(error)
        if (!hopeless) await clock.sleep(backoffMs('network', failures, random.next()), signal)
        if (hopeless || signal.aborted) {
          // Whether the batch was stored is not known, so neither is the number of the next one.
          this.#connection.renew()
          throw new UnknownEnd(error)
        }
      }
    }
  }

  #send(producer: Pick<KafkaProducerLike, 'send'>, { messages }: PartitionBatch): Promise<readonly KafkaReceipt[]> {
    return producer.send({ ...this.#options.batch, messages: [...messages] })
  }

  /** A broker that has not yet ended the transaction before this one says so, and is asked again. */
  async #sendWithin(
    transaction: KafkaTransactionLike,
    batch: PartitionBatch,
    signal: AbortSignal,
  ): Promise<readonly KafkaReceipt[]> {
    const { clock, random } = this.#options.env
    for (let failures = 1; ; failures++) {
      try {
        return await this.#send(transaction, batch)
      } catch (error) {
        if (!isTooEarly(error) || signal.aborted) throw error
        await clock.sleep(backoffMs('internal', failures, random.next()), signal)
      }
    }
  }

  /**
   * All batches in one transaction. What fails before the commit was not stored, and the call as a whole is refused.
   * @throws Error named as the broker names it, where nothing was stored
   */
  async #transact(batches: readonly PartitionBatch[], outcomes: PutOutcome[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw callError(ABORTED)
    await this.#connection.use(async producer => {
      const transaction = await producer.transaction().catch((error: unknown) => {
        this.#connection.renew()
        throw callError(refusalOf(error))
      })
      try {
        for (const batch of batches) settleStored(batch, outcomes, await this.#sendWithin(transaction, batch, signal))
      } catch (error) {
        this.#partitions.invalidate()
        // A new producer under the id makes the broker abort what this one could not.
        await transaction.abort().catch(() => this.#connection.renew())
        throw callError(refusalOf(error))
      }
      try {
        await transaction.commit()
      } catch (error) {
        this.#connection.renew()
        outcomes.fill(new UnknownEnd(error).outcome)
      }
    })
  }
}

const ABORTED = { errorCode: 'Aborted', errorMessage: 'the call was given up before it was sent' }

/** A batch that may have been stored, and that nobody repeats. */
class UnknownEnd extends Error {
  readonly outcome: PutRefused

  constructor(cause: unknown) {
    const { errorCode, errorMessage } = refusalOf(cause)
    super(`${errorCode}: ${errorMessage}; it may have been stored`, { cause })
    this.outcome = { errorCode: UNKNOWN_END, errorMessage: this.message }
  }
}

function settle({ places }: PartitionBatch, outcomes: PutOutcome[], outcome: PutOutcome): void {
  for (const place of places) outcomes[place] = outcome
}

function settleStored(batch: PartitionBatch, outcomes: PutOutcome[], receipts: readonly KafkaReceipt[]): void {
  const stored = storedOutcomes(batch, receipts)
  batch.places.forEach((place, index) => {
    outcomes[place] = stored[index]!
  })
}

function callError({ errorCode, errorMessage }: PutRefused): Error {
  const error = new Error(errorMessage)
  error.name = errorCode
  return error
}
