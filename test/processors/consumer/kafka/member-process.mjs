/**
 * A member of a Kafka group in a process of its own. Everything that it does goes to one trace file that all members of a test
 * append to, each line in one write before the next step, so that a process that is killed leaves what it did:
 *
 *   got MEMBER LIFE PARTITION OFFSET TEXT     a record was processed
 *   began|ended MEMBER LIFE PARTITION ...     the life of one partition in this process; where it began, why it ended
 *   out MEMBER REASON                         it left the group by itself
 */
import { appendFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'

const { dist, broker, member, groupId, topics, trace, options, hangsAt } = JSON.parse(process.argv[2])
const { nodeEnv } = await import(pathToFileURL(`${dist}/core/index.js`).href)
const { shutdownOnSignals, startKafkaConsumer } = await import(pathToFileURL(`${dist}/processors/index.js`).href)

const tell = (...words) => appendFileSync(trace, `${words.join(' ')}\n`)
let lives = 0
let hasHung = false

const running = await startKafkaConsumer({
  client: new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } }),
  topics,
  ...options,
  configuration: { applicationName: groupId, initialPositionInStream: 'TRIM_HORIZON', ...options.configuration },
  processor({ shardId }) {
    const life = `${member}/${++lives}`
    return {
      initialize: async ({ checkpoint }) => tell('began', member, life, shardId, checkpoint.sequenceNumber),
      async processRecords({ records, checkpointer, signal }) {
        for (const [i, record] of records.entries()) {
          // Work that takes a while, so that there is a middle in which to die.
          if (i % 20 === 0) await nodeEnv.clock.sleep(2)
          if (signal.aborted) return
          const text = Buffer.from(record.data).toString()
          if (hangsAt !== undefined && text.startsWith(hangsAt) && !hasHung) {
            hasHung = true
            tell('hung', member, life, shardId, record.sequenceNumber, text)
            await nodeEnv.clock.sleep(12_000)
          }
          if (signal.aborted) return
          tell('got', member, life, shardId, record.sequenceNumber, text)
        }
        await checkpointer.checkpoint()
      },
      leaseLost: async ({ reason }) => tell('ended', member, life, shardId, reason),
      shutdownRequested: ({ checkpointer }) => checkpointer.checkpoint(),
    }
  },
  onEvent({ level, kind, message }) {
    if (kind === 'consumer_stalled') tell('out', member, message)
    if (level !== 'info' || kind === 'lease_moved')
      process.stderr.write(`${Date.now() % 1e6} ${member} ${kind}: ${message}\n`)
  },
})
shutdownOnSignals(running)
process.stdout.write('running\n')
await running.ended
