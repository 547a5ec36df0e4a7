/**
 * A page of the live view: one module each, listed in pages.ts. The app keeps one connection and hands every page what comes,
 * shown or not; a page asks the server for what only it needs between `mount` and `unmount`.
 *
 *   message* ─► mount ─► (draw | message)* ─► unmount ─► message* ─► mount ...
 */
import type { LiveMessage } from '../protocol.ts'

/** What the app gives to its pages. */
export interface PageContext {
  /** the token that was printed at the start, null while nobody gave it; row samples and questions need it */
  token(): string | null
  /** Keeps a token that a person typed; null forgets it, as after a 401. */
  setToken(token: string | null): void
  /** the server's clock, epoch milliseconds; stands still while the connection is lost */
  now(): number
  /** a parameter of the address behind this page's name, as in `#views?DEVICE=mobile` */
  parameter(name: string): string | null
  /** Keeps a choice in the address without a new entry of the history; null takes it out. */
  setParameter(name: string, value: string | null): void
  /** Asks for `draw` in the next frame. */
  requestDraw(): void
}

export interface Page {
  /** the fragment under which the page is found: lower case letters and `-` */
  readonly id: string
  /** the words of its tab */
  readonly title: string
  /** Takes a snapshot or a delta of the event stream, in order, whether the page is shown or not. */
  message?(message: LiveMessage): void
  /** The page is shown: it puts its elements into `root`, which is empty, and may start timers and requests. */
  mount(root: HTMLElement, context: PageContext): void
  /** The page is no longer shown: it ends its timers and requests. The app empties `root`. */
  unmount(): void
  /** Draws; called while the page is shown, twice a second and after messages. @param now as `context.now()` */
  draw?(now: number): void
  /** The colours have changed; called shown or not. */
  recolour?(): void
  /** The parameters of the address may have changed: called after `mount`, and when a link or a person changes them. */
  navigated?(): void
}
