/**
 * DynamoDB for tests: dynalite in this process, and Amazon's DynamoDB Local in a Java process where Java and its jars are there.
 * Neither is DynamoDB: dynalite knows no transactions and gives no old item with a refused condition.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { type Clock, nodeEnv } from '../../core/index.ts'
import { freePort } from './free-port.ts'

const LIB = join(import.meta.dirname, '../oracles/dynamodb-local/lib')
const START_TRIES = 240

export interface DynamoEndpoint {
  readonly endpoint: string
  /** a client of its own for every caller; destroyed when the endpoint stops */
  client(): DynamoDBClient
  stop(): Promise<void>
}

/** The real clock, but polls for a table or an index follow each other at once; time-outs, which can be called off, stay. */
export const quickPolls: Clock = {
  ...nodeEnv.clock,
  sleep: (ms, signal) => nodeEnv.clock.sleep(signal === undefined ? Math.min(ms, 2) : ms, signal),
}

/** Why DynamoDB Local cannot run here, or null. */
export const dynamoLocalMissing: string | null = missing()

function missing(): string | null {
  if (spawnSync('java', ['-version']).status !== 0) return 'java is not installed'
  if (!existsSync(LIB))
    return 'the jars of DynamoDB Local are not installed: mvn -q dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=lib in test/oracles/dynamodb-local'
  return null
}

export async function startDynalite(updateTableMs = 0): Promise<DynamoEndpoint> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return endpointAt(`http://127.0.0.1:${port}`, () => {
    server.closeAllConnections()
    return new Promise<void>(resolve => void server.close(() => resolve()))
  })
}

export async function startDynamoLocal(): Promise<DynamoEndpoint> {
  const port = await freePort()
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'
  const args = ['-Xmx200m', '-XX:+UseSerialGC', `-Djava.library.path=${LIB}`, '-cp', join(LIB, '*'), main, '-inMemory']
  const local = spawn('java', [...args, '-disableTelemetry', '-port', String(port)], {
    stdio: 'ignore',
    // It leaves a file where it starts.
    cwd: tmpdir(),
  })
  const found = endpointAt(`http://127.0.0.1:${port}`, () => ended(local))
  for (let i = 0; ; i++) {
    try {
      await found.client().send(new ListTablesCommand({}))
      return found
    } catch (error) {
      if (i === START_TRIES || local.exitCode !== null)
        throw new Error('DynamoDB Local did not start', { cause: error })
      await sleep(250)
    }
  }
}

function endpointAt(endpoint: string, end: () => Promise<void>): DynamoEndpoint {
  const clients: DynamoDBClient[] = []
  return {
    endpoint,
    client() {
      const client = new DynamoDBClient({
        endpoint,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      })
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) client.destroy()
      await end()
    },
  }
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return
  const end = new Promise(resolve => process.once('exit', resolve))
  process.kill('SIGKILL')
  await end
}
