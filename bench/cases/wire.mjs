// Before the engine: bodies of GetRecords to records and to the rows of Q1, and records that a producer packed.
import {
  aggregatesOf,
  overShards,
  USER_RECORDS_PER_AGGREGATE,
  unpacked,
  userRecordsByHand,
} from '../lib/aggregated.mjs'
import { buffersOfBatch, byHand, generateClicks, recordBatchesOf } from '../lib/clicks.mjs'
import { mergedByHand, runMerged } from '../lib/merged-shards.mjs'
import { RecordBatchBuilder, readReplies } from '../lib/product.mjs'
import { compileW1, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'

export const about = 'GetRecords bodies (JSON protocol) and aggregated records; an event is a user record'
export const eventsDefault = 100_000

const SHARDS = 4
const SHARD = 'shardId-000000000000'

export async function* comparisons({ events, only, print }) {
  const wanted = name => only === null || only.includes(name)
  const clicks = generateClicks(events)
  const batches = recordBatchesOf(clicks)
  const application = compileW1(W1_QUERIES.q1)
  const q1 = source => {
    const decoder = application.createDecoder()
    return () => runW1(W1_QUERIES.q1, application, decoder, source())
  }
  const bodies = batches.map(bodyOf)
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0)
  const sdkBuffers = lazily(bodies, body => recordsAsSdk(body).map(record => record.data))
  const sdkBatches = lazily(bodies, body => batchOfRecords(recordsAsSdk(body)))
  const ownBatches = readReplies === null ? null : lazily(bodies, readReplies())
  if (ownBatches === null) print('our own reader of bodies is left out: this build has none')
  if (wanted('records')) {
    const engines = [
      { name: 'as an SDK: JSON.parse, base64', role: 'handwritten', run: () => counted(sdkBuffers()) },
      { name: 'as an SDK, then one buffer', role: 'other', run: () => counted(sdkBatches(), buffersOfBatch) },
    ]
    if (ownBatches !== null)
      engines.push({
        name: 'millrace: one pass',
        role: 'ours',
        run: () => counted(ownBatches(), null),
        answer: () => counted(ownBatches(), buffersOfBatch),
      })
    yield { bench: 'wire', case: 'records', title: 'body to records', events, bytes, engines }
  }
  if (wanted('q1')) {
    const engines = [
      { name: 'as an SDK, then by hand', role: 'handwritten', run: () => byHand.q1(sdkBuffers()) },
      { name: 'as an SDK, then millrace', role: 'ours', run: q1(sdkBatches) },
    ]
    if (ownBatches !== null) engines.push({ name: 'millrace all the way', role: 'ours', run: q1(ownBatches) })
    yield { bench: 'wire', case: 'q1', title: 'body to the rows of Q1', events, bytes, engines }
  }
  const aggregates = batches.map(batch => aggregatesOf(batch))
  const packedBytes = aggregates.reduce((sum, batch) => sum + batch.bytes.length, 0)
  const unpackedByHand = () => aggregates.map(batch => buffersOfBatch(batch).flatMap(userRecordsByHand))
  if (wanted('deaggregation'))
    yield {
      bench: 'wire',
      case: 'deaggregation',
      title: `${USER_RECORDS_PER_AGGREGATE} user records in each record, to records`,
      events,
      bytes: packedBytes,
      engines: [
        { name: 'by hand: MD5, a buffer each', role: 'handwritten', run: () => counted(unpackedByHand()) },
        {
          name: 'millrace',
          role: 'ours',
          run: async () => counted(await unpacked(aggregates), null),
          answer: async () => counted(await unpacked(aggregates), buffersOfBatch),
        },
      ],
    }
  if (wanted('aggregated-q1')) {
    const decoder = application.createDecoder()
    yield {
      bench: 'wire',
      case: 'aggregated-q1',
      title: 'aggregated records to the rows of Q1',
      events,
      bytes: packedBytes,
      engines: [
        { name: 'by hand', role: 'handwritten', run: () => byHand.q1(unpackedByHand()) },
        {
          name: 'millrace',
          role: 'ours',
          run: async () => runW1(W1_QUERIES.q1, application, decoder, await unpacked(aggregates)),
        },
      ],
    }
  }
  if (wanted('merged-q1')) {
    const shards = overShards(aggregates, SHARDS)
    yield {
      bench: 'wire',
      case: 'merged-q1',
      title: `${SHARDS} shards of aggregated records, merged, to the rows of Q1 by ROWTIME`,
      events,
      bytes: packedBytes,
      engines: [
        { name: 'by hand', role: 'handwritten', run: () => mergedByHand(shards) },
        { name: 'millrace', role: 'ours', run: () => runMerged(shards) },
      ],
    }
  }
}

/** Made anew in every run, one at a time. */
const lazily = (bodies, make) =>
  function* () {
    for (const body of bodies) yield make(body)
  }

/** Records, and a sum over their bytes. `toBuffers` null: only counted, as records are spans already. */
function counted(batches, toBuffers = batch => batch) {
  let [count, sum] = [0, 0]
  for (const batch of batches) {
    count += batch.length
    if (toBuffers === null) continue
    for (const record of toBuffers(batch)) sum += record.length + record[record.length - 2]
  }
  return [count, sum]
}

function bodyOf(batch) {
  const Records = buffersOfBatch(batch).map((data, i) => ({
    ApproximateArrivalTimestamp: batch.arrivedAt[i] / 1_000,
    Data: data.toString('base64'),
    PartitionKey: `u${i}`,
    SequenceNumber: `495903383271902566785595490827192348271634${String(i).padStart(14, '0')}`,
  }))
  return Buffer.from(JSON.stringify({ MillisBehindLatest: 0, NextShardIterator: 'AAAA'.repeat(55), Records }))
}

/** What any SDK has to do at least. */
const recordsAsSdk = body =>
  JSON.parse(body.toString()).Records.map(record => ({
    data: Buffer.from(record.Data, 'base64'),
    arrivedAt: Math.round(record.ApproximateArrivalTimestamp * 1_000),
    partitionKey: record.PartitionKey,
    sequenceNumber: record.SequenceNumber,
  }))

function batchOfRecords(records) {
  const builder = new RecordBatchBuilder()
  for (const record of records)
    builder.add({ ...record, rowtime: record.arrivedAt, subsequenceNumber: 0, shardId: SHARD })
  return builder.take()
}
