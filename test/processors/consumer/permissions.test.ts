/** A consumer whose role lacks a permission is told so at its start. */
import { expect, test } from 'vitest'
import { nodeEnv } from '../../../core/index.ts'
import { MemoryItems } from '../../../processors/consumer/leases/memory-lease-store.ts'
import { memoryLeaseStore, startConsumer } from '../../../processors/index.ts'
import { client, served } from '../../streams/conformance.ts'

test('a start without kinesis:GetRecords is refused by the name of the action, before a lease is made', async () => {
  const server = await served()
  await server.streams.create('s', { shards: 2 })
  const sdk = client(server.listener.url, 'http1')
  const denying = {
    send(command: { readonly constructor: { readonly name: string } }, ...rest: never[]): Promise<unknown> {
      if (command.constructor.name !== 'GetRecordsCommand')
        return sdk.send(command as never, ...rest) as Promise<unknown>
      const error = new Error('User: x is not authorized to perform: kinesis:GetRecords')
      return Promise.reject(Object.assign(error, { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }))
    },
    destroy() {},
  }
  const store = memoryLeaseStore(new MemoryItems())
  let outcome: unknown = null
  const starting = startConsumer({
    streams: 's',
    client: denying,
    store,
    env: { ...nodeEnv, clock: server.clock },
    configuration: { applicationName: 'app', retrievalMode: 'POLLING' },
    processor: () => ({ processRecords: async () => {} }),
  }).then(
    async consumer => {
      await consumer.stop()
      outcome = 'started'
    },
    (error: unknown) => {
      outcome = error
    },
  )
  // Replies take real turns; simulated time goes on meanwhile.
  while (outcome === null) await server.clock.advance(50)
  await starting
  expect(outcome).toMatchObject({
    code: 'config',
    message: expect.stringContaining('the credentials do not allow kinesis:GetRecords on the stream s') as string,
  })
  expect(await store.leases.list()).toEqual([])
  sdk.destroy()
  await server.close()
})
