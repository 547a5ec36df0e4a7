/** From a record to the open shard that takes it, without a 128-bit number where 32 bits already tell. */
import { assert } from '../../core/index.ts'
import { type HashRange, hashKeyOfWords } from '../hash-key.ts'
import { type Md5Words, md5Words } from '../md5.ts'

export class ShardRouter<S extends HashRange> {
  readonly #shards: readonly S[]
  /** upper 32 bits of each shard's last hash key, rising */
  readonly #tops: readonly number[]
  readonly #words: Md5Words = [0, 0, 0, 0]

  /** @param shards open shards whose ranges together cover every hash key once */
  constructor(shards: readonly S[]) {
    this.#shards = shards.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
    this.#tops = this.#shards.map(shard => Number(shard.endingHashKey >> 96n))
  }

  byPartitionKey(partitionKey: string): S {
    const words = md5Words(partitionKey, this.#words)
    const index = this.#firstAt(words[0])
    return this.#tops[index] === words[0] ? this.#exact(hashKeyOfWords(words), index) : this.#at(index)
  }

  byHashKey(hashKey: bigint): S {
    return this.#exact(hashKey, this.#firstAt(Number(hashKey >> 96n)))
  }

  /** the first shard whose last hash key has upper bits at or above `top` */
  #firstAt(top: number): number {
    let low = 0
    let high = this.#tops.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#tops[middle] ?? 0) < top) low = middle + 1
      else high = middle
    }
    return low
  }

  #exact(hashKey: bigint, from: number): S {
    let index = from
    while (hashKey > this.#at(index).endingHashKey) index++
    return this.#at(index)
  }

  #at(index: number): S {
    const shard = this.#shards[index]
    assert(shard !== undefined, 'the open shards of a stream cover every hash key')
    return shard
  }
}
