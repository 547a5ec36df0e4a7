/**
 * A real Kafka broker in a process of its own: one node in KRaft mode on loopback, data in a temporary folder, gone at the end.
 * Needs Java and the jars that test/oracles/kafka/pom.xml names; where either is missing, `kafkaMissing` says so.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { freePort } from './free-port.ts'

const LIB = join(import.meta.dirname, '../oracles/kafka/lib')
const START_TRIES = 240

/** Why no broker can run here, or null. */
export const kafkaMissing: string | null = missing()

function missing(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'java is not installed'
  if (!existsSync(LIB))
    return 'the jars of Kafka are not installed: mvn -q dependency:copy-dependencies -DoutputDirectory=lib in test/oracles/kafka'
  return null
}

export interface KafkaBroker {
  readonly address: string
  /** A client that says nothing. */
  client(retries?: number): Kafka
  createTopic(topic: string, partitions: number, config?: Record<string, string>): Promise<void>
  /** Ends the process as a power cut does, and starts it again on the same data. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export async function startKafka(): Promise<KafkaBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  const [port, controller] = [await freePort(), await freePort()]
  const address = `127.0.0.1:${port}`
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, settings(folder, port, controller))
  const format = java(['kafka.tools.StorageTool', 'format', '-t', 'bWlsbHJhY2Uta2Fma2EtdA', '-c', properties])
  await ended(format)
  let broker: ChildProcess | null = null
  const client = (retries = 3): Kafka =>
    new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries, initialRetryTime: 50 } })
  const start = async (): Promise<void> => {
    broker = java(['kafka.Kafka', properties])
    for (let i = 0; ; i++) {
      const admin = client(0).admin()
      try {
        await admin.connect()
        await admin.listTopics()
        return
      } catch (error) {
        if (i === START_TRIES || broker.exitCode !== null) throw new Error('the broker did not start', { cause: error })
        await sleep(250)
      } finally {
        await admin.disconnect()
      }
    }
  }
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (broker === null || broker.exitCode !== null) return
    const end = ended(broker)
    broker.kill(signal)
    await end
  }
  await start()
  return {
    address,
    client,
    async createTopic(topic, numPartitions, config = {}) {
      const admin = client().admin()
      await admin.connect()
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] })
      await admin.disconnect()
    },
    kill: () => kill(),
    start,
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function settings(folder: string, port: number, controller: number): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'auto.create.topics.enable': false,
    // what was answered must survive a kill
    'log.flush.interval.messages': 1,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function java(args: readonly string[]): ChildProcess {
  return spawn('java', ['-Xmx400m', '-XX:+UseSerialGC', '-cp', join(LIB, '*'), ...args], { stdio: 'ignore' })
}

function ended(process: ChildProcess): Promise<void> {
  return new Promise(resolve => process.once('exit', () => resolve()))
}
