/** Every state of a shard consumer and every conditional write of the table has tests under its name, the lost reply included. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as operations from '../../../processors/consumer/leases/lease-operations.ts'
import type { ShardConsumerState } from '../../../processors/consumer/shard-consumer.ts'

const textOf = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8')

/** The compiler holds this list to the type. */
const STATES: Readonly<Record<ShardConsumerState, true>> = {
  WAITING_ON_PARENT_SHARDS: true,
  INITIALIZING: true,
  PROCESSING: true,
  SHUTDOWN_REQUESTED: true,
  SHUTTING_DOWN: true,
  SHUTDOWN_COMPLETE: true,
}

test.each(Object.keys(STATES))('%s has tests', state => {
  expect(textOf('shard-consumer.test.ts')).toMatch(new RegExp(`^describe\\('${state}[ ']`, 'm'))
})

/** By the function that says what the write compares, the name of its tests. */
const WRITES: Readonly<Record<keyof typeof operations, string>> = {
  createOperation: 'create',
  renewOperation: 'renew',
  takeOperation: 'take',
  assignOperation: 'assign',
  startHandOffOperation: 'start of a hand-off',
  finishHandOffOperation: 'end of a hand-off',
  evictOperation: 'evict',
  checkpointOperation: 'checkpoint',
  restartOperation: 'restart',
  updateMetaOperation: 'meta update',
}

test.each(Object.keys(operations))('%s has tests of its refusal and of its lost reply', operation => {
  const name = WRITES[operation as keyof typeof operations]
  const cases = textOf('leases/lease-table.cases.ts').split(/^ {4}describe\('/m)
  const own = cases.find(text => text.startsWith(`${name}'`)) ?? ''
  expect(own).toMatch(/it\('[^']*(is refused|needs a free key)/)
  expect(own).toMatch(/it\('[^']*its reply was lost/)
})
