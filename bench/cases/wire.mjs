// Before the engine: bodies of GetRecords to records and to the rows of Q1, and records that a producer packed.
import { createHash } from 'node:crypto'
import { buffersOfBatch, byHand, generateClicks, recordBatchesOf } from '../lib/clicks.mjs'
import { DeaggregatedSource, encodeAggregate, RecordBatchBuilder, readReplies } from '../lib/product.mjs'
import { compileW1, runW1, W1_QUERIES } from '../lib/w1-queries.mjs'

export const about = 'GetRecords bodies (JSON protocol) and aggregated records; an event is a user record'
export const eventsDefault = 100_000

const USER_RECORDS_PER_AGGREGATE = 100
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

function aggregatesOf(batch) {
  const data = buffersOfBatch(batch)
  const builder = new RecordBatchBuilder()
  for (let from = 0; from < data.length; from += USER_RECORDS_PER_AGGREGATE) {
    const items = data
      .slice(from, from + USER_RECORDS_PER_AGGREGATE)
      .map((record, i) => ({ partitionKey: `u${i % 20}`, data: record }))
    builder.add({
      data: encodeAggregate(items),
      arrivedAt: batch.arrivedAt[from],
      rowtime: batch.arrivedAt[from],
      sequenceNumber: String(from),
      subsequenceNumber: 0,
      partitionKey: 'a',
      shardId: SHARD,
    })
  }
  return builder.take()
}

/** The product's way of unpacking: a source over a shard that gives one batch after the other. */
async function unpacked(aggregates) {
  const signal = new AbortController().signal
  let next = 0
  const reader = {
    shardId: SHARD,
    read: async () => ({ records: aggregates[next++], millisBehindLatest: 0, requestedAt: 0, ended: false }),
    close: async () => {},
  }
  const source = {
    streamName: 'bench',
    listShards: async () => [],
    openShard: async () => reader,
    wait: async () => {},
    close: async () => {},
  }
  const shard = await new DeaggregatedSource(source).openShard(SHARD, { kind: 'trimHorizon' })
  const batches = []
  for (let i = 0; i < aggregates.length; i++) batches.push((await shard.read(10_000, signal)).records)
  return batches
}

/** The fields that a reader needs of the protobuf message, by hand: data of each record; the rest is skipped. */
function userRecordsByHand(record) {
  const end = record.length - 16
  const digest = createHash('md5').update(record.subarray(4, end)).digest()
  if (digest.compare(record, end) !== 0) throw new Error('another digest')
  const records = []
  let at = 4
  const varint = () => {
    let [value, factor] = [0, 1]
    for (;;) {
      const byte = record[at++]
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
  }
  while (at < end) {
    const field = varint()
    const size = varint()
    const stop = at + size
    if (field === 26)
      while (at < stop) {
        const inner = varint()
        if ((inner & 7) === 0) varint()
        else {
          const length = varint()
          if (inner === 26) records.push(record.subarray(at, at + length))
          at += length
        }
      }
    at = stop
  }
  return records
}
