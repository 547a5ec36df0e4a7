/**
 * Hash keys: which shard a record goes to. Source: Kinesis API reference, PutRecord: "an MD5 hash function is used to map
 * partition keys to 128-bit integer values"; ranges as CreateStream cuts them.
 */
import { HASH_KEY_MAX, MillraceError } from '../core/index.ts'
import { type Md5Words, md5Words } from './md5.ts'

/** Hash keys that a shard takes, both ends included. */
export interface HashRange {
  readonly startingHashKey: bigint
  readonly endingHashKey: bigint
}

const words: Md5Words = [0, 0, 0, 0]

/** The hash key of a partition key: MD5 of its UTF-8 bytes as an unsigned big-endian 128-bit number. */
export function hashKeyOf(partitionKey: string): bigint {
  return hashKeyOfWords(md5Words(partitionKey, words))
}

export function hashKeyOfWords([first, second, third, fourth]: Md5Words): bigint {
  return (BigInt(first) << 96n) | (BigInt(second) << 64n) | (BigInt(third) << 32n) | BigInt(fourth)
}

/**
 * A hash key from its decimal text.
 * @throws MillraceError `invalid_argument` when it is no number of `0|([1-9]\d{0,38})` or above 2^128-1
 */
export function parseHashKey(text: string): bigint {
  const key = /^(?:0|[1-9]\d{0,38})$/.test(text) ? BigInt(text) : -1n
  if (key < 0n || key > HASH_KEY_MAX)
    throw new MillraceError(
      'invalid_argument',
      `explicit hash key ${JSON.stringify(text)} is not a decimal number from 0 to ${HASH_KEY_MAX}`,
    )
  return key
}

/**
 * The ranges of `shards` new shards: equal, and the last takes what division leaves. Two shards meet at
 * 170141183460469231731687303715884105727 and the number after it.
 * @param shards from 1
 */
export function evenHashRanges(shards: number): readonly HashRange[] {
  const width = (HASH_KEY_MAX + 1n) / BigInt(shards)
  return Array.from({ length: shards }, (_, i) => ({
    startingHashKey: width * BigInt(i),
    endingHashKey: i === shards - 1 ? HASH_KEY_MAX : width * BigInt(i + 1) - 1n,
  }))
}
