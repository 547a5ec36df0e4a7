/** The seam between the server of the live page and what it answers beside the page: one object for each path. */
import type { HttpReply, HttpRequest } from '../../core/index.ts'

export interface LiveRoute {
  /** exact, without a query */
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** row samples and questions need the token on loopback too; everything does where other machines can reach the listener */
  readonly needsToken: boolean
  handle(exchange: RouteExchange): Promise<void>
}

/** One request that has passed all checks. */
export interface RouteExchange {
  readonly request: HttpRequest
  readonly reply: HttpReply
  readonly parameters: URLSearchParams
  /** aborted when the listener closes: what streams then ends */
  readonly closing: AbortSignal
  /** Answers with JSON; HEAD gets the headers. */
  json(value: unknown, status?: number): void
  /** Answers with one sentence. */
  refuse(status: number, sentence: string): void
  /** Starts an answer that is written piece by piece. */
  start(contentType: string): void
}
