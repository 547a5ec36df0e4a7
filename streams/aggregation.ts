/**
 * Many user records in one record, both ways, byte for byte as the Kinesis Producer Library writes and the Kinesis Client Library
 * reads them. Which user records may share a record is the producer's decision; which shard range a reader has is the reader's.
 */
export * from './aggregation/decode.ts'
export { encodeAggregate } from './aggregation/encode.ts'
export type { AggregateItem, AggregateTag } from './aggregation/item.ts'
export * from './aggregation/mark.ts'
export { AggregateSize } from './aggregation/size.ts'
