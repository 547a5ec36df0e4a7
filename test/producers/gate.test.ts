import { expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import { Gate, TURN_BYTES_MAX } from '../../producers/gate.ts'
import { Producer, type PutEntry, type PutOutcome } from '../../producers/index.ts'
import { SimClock } from '../support/sim-clock.ts'

test('the event loop has its turn while a caller puts in a loop that awaits ready(), so that calls go out meanwhile', async () => {
  const calls: number[] = []
  let put = 0
  const target = {
    async putRecords(entries: readonly PutEntry[]): Promise<readonly PutOutcome[]> {
      // what answers is a socket, or as here a timer: it never comes while promises alone settle
      await nodeEnv.clock.sleep(1)
      calls.push(put)
      return entries.map(() => ({ shardId: 'shardId-000000000000', sequenceNumber: '1' }))
    },
  }
  const producer = new Producer({ target, env: nodeEnv, configuration: { CollectionMaxCount: 100 } })
  const data = new Uint8Array(1_024)
  for (; put < 5_000; put++) {
    await producer.ready()
    void producer.put({ partitionKey: 'k', data })
  }
  const during = calls.length
  await producer.close()
  expect(during).toBeGreaterThan(0)
  expect(producer.metrics()).toMatchObject({ recordsPut: 5_000, recordsFailed: 0 })
})

test('who waits for a turn waits for room too, and a closed gate holds nobody', async () => {
  const clock = new SimClock()
  let isOpen = true
  const gate = new Gate(clock, () => isOpen)
  const passed: string[] = []
  const pass = (name: string): void => void gate.pass().then(() => passed.push(name))
  gate.entered(TURN_BYTES_MAX)
  pass('a')
  pass('b')
  isOpen = false
  await clock.drain()
  expect(passed).toEqual([])
  gate.wake()
  isOpen = true
  gate.wake()
  await clock.drain()
  expect(passed).toEqual(['a', 'b'])
  isOpen = false
  pass('c')
  await clock.drain()
  expect(passed).toEqual(['a', 'b'])
  gate.close()
  pass('d')
  await clock.drain()
  expect(passed.toSorted()).toEqual(['a', 'b', 'c', 'd'])
})
