/** Destinations that are stores of objects, or a table that takes objects from one. */
import { S3Client } from '@aws-sdk/client-s3'
import { type Files, MillraceError } from '../../../core/index.ts'
import type { RedshiftDataLike } from '../../../sinks/redshift/redshift-data.ts'
import { FileStore } from '../../../sinks/stores/file.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { S3Store } from '../../../sinks/stores/s3.ts'
import type { ObjectStore } from '../../../sinks/stores/store.ts'
import { MemoryFiles, seededRandom } from '../../support/memory-env.ts'
import { RedshiftServer } from '../../support/redshift-server.ts'
import { texts } from '../pipeline/world.ts'
import { destination, extendedS3 } from '../support/definitions.ts'
import { S3Server } from '../support/s3-server.ts'
import {
  BACKUP,
  type FaultCase,
  type FaultPlan,
  gateOf,
  HINTS,
  numbersIn,
  numbersInStore,
  ROW_BYTES,
  SIDE_BUCKET,
  streamOf,
} from './fault-case.ts'

/** The whole of S3's protocol over a real connection, by the official client; the simulated clock stands still meanwhile. */
const s3: FaultCase = {
  name: 'S3',
  metric: 'S3',
  vanishes: { afterCalls: 4, retrySeconds: 60 },
  behind: 'none',
  slowMs: 170_000,
  open: async plan => {
    const { clock, all } = plan
    const server = new S3Server()
    const client = new S3Client({
      endpoint: await server.listen(),
      region: 'eu-west-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    })
    const gate = gateOf(plan)
    const send = async (command: never, options: { readonly abortSignal: AbortSignal }): Promise<unknown> => {
      if ((await gate(options.abortSignal)) !== 'pass')
        throw Object.assign(new Error('denied'), { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } })
      return clock.outside(client.send(command, options) as Promise<unknown>)
    }
    const random = seededRandom(6)
    const lake = await S3Store.open({ client: { send }, bucket: 'lake', random, clock })
    const raw = new MemoryStore()
    const stream = streamOf(extendedS3({ ...HINTS, ...(all && BACKUP) }), plan, {
      store: arn => (arn.endsWith(':raw') ? raw : lake),
    })
    return {
      stream,
      taken: async () => [...server.objects.values()].flatMap(({ body }) => numbersIn(body.toString())),
      failed: async () => [],
      copies: () => numbersInStore(raw),
      close: async () => {
        client.destroy()
        await server.close()
      },
    }
  },
}

/** Files, and handles that they open, whose every call goes through a gate. */
function gatedFiles(plan: FaultPlan, files: Files, onWrite: (sizeBytes: number) => void): Files {
  const { clock, fault } = plan
  let calls = 0
  const gated = <T extends object>(of: T): T =>
    new Proxy(of, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return async (...given: unknown[]) => {
          const now = fault(calls++)
          // As core/node/files.ts tells ENOSPC.
          if (now === 'refused')
            throw new MillraceError('unwritable_output', `${String(name)}: the disk is full`, { retry: 'backoff' })
          if (now !== null) await clock.sleep(now)
          const result: unknown = await (member as (...all: unknown[]) => unknown).apply(target, given)
          if (name === 'write') onWrite((given[0] as Uint8Array).length)
          return name === 'open' ? gated(result as object) : result
        }
      },
    })
  return gated(files)
}

const localFiles: FaultCase = {
  name: 'a directory of files',
  metric: 'S3',
  // A file takes about a dozen calls.
  vanishes: { afterCalls: 30, retrySeconds: 60 },
  behind: 'none',
  slowMs: 170_000,
  open: async plan => {
    const { clock, all } = plan
    const files = new MemoryFiles(clock, seededRandom(6))
    let writtenBytes = 0
    const lake = new FileStore({
      files: gatedFiles(plan, files, sizeBytes => void (writtenBytes += sizeBytes)),
      clock,
      directory: '/lake',
    })
    const raw = new MemoryStore()
    const stream = streamOf(extendedS3({ ...HINTS, ...(all && BACKUP) }), plan, {
      store: arn => (arn.endsWith(':raw') ? raw : lake),
    })
    return {
      stream,
      taken: async () =>
        files.paths().flatMap(path => (path.includes('/.incomplete/') ? [] : numbersIn(files.text(path) ?? ''))),
      failed: async () => [],
      copies: () => numbersInStore(raw),
      // What is on the disk is in no memory, whether or not its object is complete.
      leftRows: () => Math.floor(writtenBytes / ROW_BYTES),
    }
  },
}

const redshift: FaultCase = {
  name: 'Redshift',
  metric: 'S3',
  // The ledger is made.
  vanishes: { afterCalls: 3, retrySeconds: 900 },
  behind: 'bucket',
  slowMs: 45_000,
  open: async plan => {
    const { clock, all, retrySeconds } = plan
    const [store, raw] = [new MemoryStore(), new MemoryStore()]
    const server = new RedshiftServer({ store, clock })
    await server.query('CREATE TABLE clicks (n INTEGER)')
    const gate = gateOf(plan)
    const pass = async (signal: AbortSignal): Promise<void> => {
      if ((await gate(signal)) !== 'pass') throw Object.assign(new Error('no'), { name: 'InternalServerException' })
    }
    const redshiftData: RedshiftDataLike = {
      batchExecuteStatement: async (input, { abortSignal }) => {
        await pass(abortSignal)
        return server.batchExecuteStatement(input)
      },
      describeStatement: async (input, { abortSignal }) => {
        await pass(abortSignal)
        return server.describeStatement(input)
      },
    }
    const definition = destination('RedshiftDestinationConfiguration', {
      Username: 'loader',
      CopyCommand: { DataTableName: 'clicks', DataTableColumns: 'n', CopyOptions: "FORMAT JSON 'auto'" },
      ...SIDE_BUCKET,
      RetryOptions: { DurationInSeconds: retrySeconds },
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord', Parameters: [] }] },
      ...(all && BACKUP),
    })
    let writtenBytes = 0
    const counted: ObjectStore = {
      begin: async (key, attributes) => {
        const writer = await store.begin(key, attributes)
        const write = (bytes: Uint8Array): Promise<void> => {
          writtenBytes += bytes.length
          return writer.write(bytes)
        }
        return { ...writer, write }
      },
    }
    const stream = streamOf(definition, plan, {
      store: arn => (arn.endsWith(':raw') ? raw : counted),
      redshiftData,
    })
    return {
      stream,
      taken: async () => (await server.query('SELECT n FROM clicks')).map(([n]) => Number(n)),
      // Those whose objects no COPY took: a manifest names each of them.
      failed: async () =>
        texts(store)
          .filter(([key]) => key.startsWith('errors/manifests/'))
          .flatMap(
            ([, text]) => (JSON.parse(text) as { readonly entries: readonly { readonly url: string }[] }).entries,
          )
          .flatMap(({ url }) =>
            numbersIn(Buffer.from(store.objects.get(url.slice('s3://lake/'.length)) ?? []).toString()),
          ),
      copies: () => numbersInStore(raw),
      // What the bucket was handed is in no memory, whether or not its object is complete.
      leftRows: () => Math.floor(writtenBytes / ROW_BYTES),
    }
  },
}

export const STORE_CASES: readonly FaultCase[] = [s3, localFiles, redshift]
