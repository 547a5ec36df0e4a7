/** The operations of the service by name. */
import {
  deregisterStreamConsumer,
  describeStreamConsumer,
  listStreamConsumers,
  registerStreamConsumer,
} from './consumers.ts'
import { describeLimits, describeStream, describeStreamSummary, listStreams } from './describe.ts'
import { getShardIterator, readRecords } from './iterators.ts'
import { listShards } from './list-shards.ts'
import {
  createStream,
  decreaseRetention,
  deleteStream,
  disableEnhancedMonitoring,
  enableEnhancedMonitoring,
  increaseRetention,
  mergeShards,
  splitShard,
  startStreamEncryption,
  stopStreamEncryption,
  updateMaxRecordSize,
  updateShardCount,
  updateStreamMode,
} from './manage.ts'
import { putRecord, putRecords } from './put.ts'
import type { Operation } from './service.ts'
import { subscribeToShard } from './subscribe.ts'
import {
  addTagsToStream,
  listTagsForResource,
  listTagsForStream,
  removeTagsFromStream,
  tagResource,
  untagResource,
} from './tags.ts'

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['AddTagsToStream', addTagsToStream],
  ['CreateStream', createStream],
  ['DecreaseStreamRetentionPeriod', decreaseRetention],
  ['DeleteStream', deleteStream],
  ['DeregisterStreamConsumer', deregisterStreamConsumer],
  ['DescribeLimits', describeLimits],
  ['DescribeStream', describeStream],
  ['DescribeStreamConsumer', describeStreamConsumer],
  ['DescribeStreamSummary', describeStreamSummary],
  ['DisableEnhancedMonitoring', disableEnhancedMonitoring],
  ['EnableEnhancedMonitoring', enableEnhancedMonitoring],
  ['GetRecords', readRecords],
  ['GetShardIterator', getShardIterator],
  ['IncreaseStreamRetentionPeriod', increaseRetention],
  ['ListShards', listShards],
  ['ListStreamConsumers', listStreamConsumers],
  ['ListStreams', listStreams],
  ['ListTagsForResource', listTagsForResource],
  ['ListTagsForStream', listTagsForStream],
  ['MergeShards', mergeShards],
  ['PutRecord', putRecord],
  ['PutRecords', putRecords],
  ['RegisterStreamConsumer', registerStreamConsumer],
  ['RemoveTagsFromStream', removeTagsFromStream],
  ['SplitShard', splitShard],
  ['StartStreamEncryption', startStreamEncryption],
  ['StopStreamEncryption', stopStreamEncryption],
  ['SubscribeToShard', subscribeToShard],
  ['TagResource', tagResource],
  ['UntagResource', untagResource],
  ['UpdateMaxRecordSize', updateMaxRecordSize],
  ['UpdateShardCount', updateShardCount],
  ['UpdateStreamMode', updateStreamMode],
])
