/** Bytes of records that were taken over and not yet processed: what puts are throttled by, and what writes wait for. */

export class Intake {
  readonly bytesMax: number
  #bytes = 0
  /** of them, those that are being processed now */
  #currentBytes = 0
  /** of copies that the backup has not taken */
  #copyBytes = 0
  #waiting: (() => void)[] = []

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    // Copies of what is processed now share its bytes.
    return this.#bytes + Math.max(0, this.#copyBytes - this.#currentBytes)
  }

  /** those that wait behind what is processed now */
  get waitingBytes(): number {
    return this.#bytes - this.#currentBytes
  }

  enter(bytes: number): void {
    this.#bytes += bytes
  }

  /** Processing of some of them begins. */
  begin(bytes: number): void {
    this.#currentBytes = bytes
  }

  /** They have left, for the outputs or the stage before the transform, or by a failure. */
  leave(bytes: number): void {
    this.#bytes -= bytes
    this.#currentBytes = 0
    this.#wake()
  }

  /** Copies of records are on their way to the backup, and fill the intake until it has taken them. */
  copy(bytes: number): void {
    this.#copyBytes += bytes
  }

  /** The backup has taken them, or failed. */
  copied(bytes: number): void {
    this.#copyBytes -= bytes
    this.#wake()
  }

  /** Resolves when there is room, or when `stopped` says so after some have left. */
  async room(stopped: () => boolean): Promise<void> {
    while (this.bytes >= this.bytesMax && !stopped())
      await new Promise<void>(resolve => void this.#waiting.push(resolve))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
