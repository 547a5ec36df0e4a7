/** Where records live: what a stream is, and the one that lives in this process. */

export * from './aggregation.ts'
export { DeaggregatedSource } from './deaggregated-source.ts'
export * from './deduplicator.ts'
export * from './hash-key.ts'
export { type ServeStreamsOptions, type StreamsListener, serveStreams } from './local/http/server.ts'
export type { LocalPutEntry } from './local/local-stream.ts'
export { LocalStream } from './local/local-stream.ts'
export * from './local/local-streams.ts'
export { noticeText, type StreamNotice } from './local/notice.ts'
export type { Durability } from './local/segment-log.ts'
export * from './put-limits.ts'
export * from './stream.ts'
