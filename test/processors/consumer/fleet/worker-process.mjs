/**
 * A worker in a process of its own. Everything that it does goes to one trace file that all workers of a test append to, each line
 * in one write before the next step, so that a process that is killed leaves what it did. AT is the time, epoch milliseconds:
 *
 *   AT got WORKER LIFE SHARD SEQUENCE SUBSEQUENCE TEXT     a record was processed
 *   AT saved WORKER LIFE SHARD SEQUENCE SUBSEQUENCE        a checkpoint was stored
 *   AT began|ended WORKER LIFE SHARD [REASON]              the life of one shard in this process
 */
import { appendFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { dist, endpoint, dynamoDB, workerId, trace, settings } = JSON.parse(process.argv[2])
const { nodeEnv } = await import(pathToFileURL(`${dist}/core/index.js`).href)
const { shutdownOnSignals, startConsumer } = await import(pathToFileURL(`${dist}/processors/index.js`).href)

const tell = (...words) => appendFileSync(trace, `${Date.now()} ${words.join(' ')}\n`)
/** A table that is asked too much answers later: what is processed already must not come again for it. */
async function save(checkpointer, signal) {
  for (;;) {
    try {
      return await checkpointer.checkpoint()
    } catch (error) {
      if (error.retry !== 'backoff' || signal?.aborted) throw error
      await nodeEnv.clock.sleep(100)
    }
  }
}
let lives = 0

const consumer = await startConsumer({
  streams: 's',
  configuration: {
    applicationName: 'fleet',
    workerIdentifier: workerId,
    retrievalMode: 'POLLING',
    initialPositionInStream: 'TRIM_HORIZON',
    kinesisEndpoint: endpoint,
    dynamoDBEndpoint: dynamoDB,
    regionName: 'us-east-1',
    ...settings,
  },
  processor({ shardId }) {
    const life = `${workerId}/${++lives}`
    return {
      initialize: async () => tell('began', workerId, life, shardId),
      async processRecords({ records, checkpointer, signal }) {
        for (const [i, record] of records.entries()) {
          // Work that takes a while, so that there is a middle in which to die.
          if (i % 20 === 0) await nodeEnv.clock.sleep(2)
          if (signal.aborted) return
          const text = Buffer.from(record.data).toString()
          tell('got', workerId, life, shardId, record.sequenceNumber, record.subsequenceNumber, text)
        }
        await save(checkpointer, signal)
        const { sequenceNumber, subsequenceNumber } = checkpointer.lastCheckpoint
        tell('saved', workerId, life, shardId, sequenceNumber, subsequenceNumber)
      },
      leaseLost: async ({ reason }) => tell('ended', workerId, life, shardId, reason),
      async shardEnded({ checkpointer }) {
        await save(checkpointer)
        tell('ended', workerId, life, shardId, 'SHARD_END')
      },
      shutdownRequested: ({ checkpointer }) => checkpointer.checkpoint(),
    }
  },
  onEvent({ level, kind, message }) {
    if (level !== 'info' || kind === 'lease_moved') process.stderr.write(`${workerId} ${kind}: ${message}\n`)
  },
})
shutdownOnSignals(consumer)
process.stdout.write('running\n')
await consumer.ended
