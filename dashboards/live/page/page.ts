/** A page of the live view. The app keeps one connection and hands every page what comes, shown or not. */
import type { DeltaMessage, SnapshotMessage } from '../protocol.ts'

export interface Page {
  /** the fragment under which the page is found */
  readonly id: string
  readonly title: string
  readonly element: HTMLElement
  snapshot(message: SnapshotMessage): void
  delta(message: DeltaMessage): void
  /** Draws; called for the shown page only. @param now the server's clock */
  draw(now: number): void
  recolour(): void
}
