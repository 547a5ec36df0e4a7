/**
 * The mark that lets a reader tell a repeat from a new user record: which producer put it, in which epoch of that producer, as
 * which one. It travels as a tag of the user record, which readers that know nothing of it skip.
 */

/** Name of the tag. */
export const MARK_TAG = 'mr'

export interface Mark {
  /** 1 to 64 characters of A-Z, a-z, 0-9, `_` and `-` */
  readonly producerId: string
  /** whole, from 0; rises when a producer of the same id starts anew and counts from 0 again */
  readonly epoch: number
  /** whole, from 0; the same in every repeat of a user record */
  readonly counter: number
}

const PRODUCER_ID = /^[\w-]{1,64}$/

export function isProducerId(text: string): boolean {
  return PRODUCER_ID.test(text)
}

/** `producerId.epoch.counter`, the numbers in base 36. */
export function markText({ producerId, epoch, counter }: Mark): string {
  return `${producerId}.${epoch.toString(36)}.${counter.toString(36)}`
}

/** The mark in a tag's value; null when it is none. */
export function parseMark(text: string): Mark | null {
  const [, producerId, epochText, counterText] = /^([\w-]{1,64})\.([\da-z]{1,11})\.([\da-z]{1,11})$/.exec(text) ?? []
  if (producerId === undefined || epochText === undefined || counterText === undefined) return null
  const epoch = Number.parseInt(epochText, 36)
  const counter = Number.parseInt(counterText, 36)
  return Number.isSafeInteger(epoch) && Number.isSafeInteger(counter) ? { producerId, epoch, counter } : null
}
