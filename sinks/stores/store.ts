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
   * @throws MillraceError `already_exists` when the key is taken or being written, `invalid_argument` when it is no key
   */
  begin(key: string, attributes?: ObjectAttributes): Promise<ObjectWriter>
}

export interface ObjectWriter {
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

/** S3 API: key length in bytes. */
export const KEY_BYTES_MAX = 1_024
