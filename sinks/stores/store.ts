/** Where objects lie. */

/** What a store that can keeps beside the bytes; others ignore it. */
export interface ObjectAttributes {
  readonly contentType?: string
  readonly contentEncoding?: string
  /** key for server-side encryption by KMS */
  readonly kmsKeyArn?: string
  /** user metadata: names in lower case, values in ASCII */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Keys are paths with `/` between parts, at most 1,024 bytes. An object is visible whole or not at all, and no object is ever
 * written over. Every call that fails with retry `backoff` may be repeated with the same arguments.
 */
export interface ObjectStore {
  /**
   * Begins an object that nobody sees yet.
   * @throws MillraceError `already_exists` when the key is taken, `invalid_argument` when it is no key
   */
  begin(key: string, attributes?: ObjectAttributes): Promise<ObjectWriter>
}

export interface ObjectWriter {
  /** bytes that it has in memory; default 0 */
  readonly heldBytes?: number
  /** Appends; the bytes may not change until it resolves. */
  write(bytes: Uint8Array): Promise<void>
  /**
   * Makes the object visible and lasting.
   * @throws MillraceError `already_exists` when the key was taken meanwhile
   */
  complete(): Promise<void>
  /** Removes what was written. Nothing may follow. Does nothing after `complete`. */
  abort(): Promise<void>
}

/** An object that is visible. */
export interface StoredObject {
  readonly key: string
  readonly sizeBytes: number
  /** epoch milliseconds of its last change, by the store's clock */
  readonly modifiedAt: number
}

/** A store whose objects can be looked at again, and that can give a complete object its final key. */
export interface OpenStore extends ObjectStore {
  /** the store as a user names it, such as `s3://lake` */
  readonly place: string
  /** Visible objects whose keys begin with the prefix, in no order that stores share. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** The bytes of an object, piece by piece. @throws MillraceError `not_found` */
  read(key: string): AsyncIterable<Uint8Array>
  /** Nothing happens when it is missing. */
  remove(key: string): Promise<void>
  /**
   * Makes a complete object visible under its final key as well, in one step; repeatable. The object must have been begun with
   * `stagedAttributes` of its own key.
   * @param attributes what the object was begun with
   * @throws MillraceError `already_exists` when another object has the final key; `not_found` when the object is gone and the
   * final key is not there either
   */
  publish(from: string, to: string, attributes?: ObjectAttributes): Promise<void>
}

/** S3 API: key length in bytes. */
export const KEY_BYTES_MAX = 1_024

/** Metadata entry with the key under which an object was staged, so that its copy is told from somebody else's object. */
export const STAGED_AS = 'millrace-staged'

/** Attributes of an object that will be published under another key. */
export function stagedAttributes(key: string, attributes: ObjectAttributes = {}): ObjectAttributes {
  // Metadata is ASCII; keys need not be.
  return { ...attributes, metadata: { ...attributes.metadata, [STAGED_AS]: encodeURIComponent(key) } }
}

/** The bytes of a small object in one piece. @throws MillraceError `not_found` */
export async function readWhole(store: OpenStore, key: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of store.read(key)) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Puts a small object in one go. */
export function putWhole(
  store: ObjectStore,
  key: string,
  bytes: Uint8Array,
  attributes?: ObjectAttributes,
): Promise<void> {
  return putPieces(store, key, [bytes], attributes)
}

/**
 * Puts an object that is in memory, in pieces.
 * @throws MillraceError `already_exists` as `begin` and `complete`
 */
export async function putPieces(
  store: ObjectStore,
  key: string,
  pieces: readonly Uint8Array[],
  attributes?: ObjectAttributes,
): Promise<void> {
  const writer = await store.begin(key, attributes)
  try {
    for (const piece of pieces) await writer.write(piece)
    await writer.complete()
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
}
