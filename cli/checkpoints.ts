/** `millrace checkpoints`: the lease table of an application, for people. */
import { MillraceError, nodeEnv } from '../core/index.ts'
import {
  fileLeaseStore,
  formatExtended,
  type Lease,
  type LeaseStore,
  openDynamoLeaseStore,
  parseExtended,
  resetCheckpoints,
} from '../processors/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import type { CommandOptions } from './options.ts'
import { tableText } from './table-text.ts'
import { openTerminal } from './terminal.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const [action = '', application = ''] = args
  if (action !== 'ls' && action !== 'reset')
    throw new MillraceError('usage', `millrace checkpoints "${action}" is nothing; it is ls or reset`)
  if (action === 'reset' && given['to'] === undefined)
    throw new MillraceError(
      'usage',
      'millrace checkpoints reset needs --to: TRIM_HORIZON, LATEST, AT_TIMESTAMP or SEQUENCE',
    )
  const store = await openStore(application, given)
  try {
    const terminal = openTerminal()
    const lines = action === 'ls' ? await list(store, given) : await reset(store, given)
    for (const line of lines) terminal.print(line)
  } finally {
    await store.close()
  }
  return EXIT.done
}

async function openStore(application: string, given: CommandOptions): Promise<LeaseStore> {
  const directory = given['dir']
  if (directory === undefined)
    return openDynamoLeaseStore({
      applicationName: application,
      tableName: given['table'],
      region: given['region'],
      endpoint: given['endpoint'],
      clock: nodeEnv.clock,
      consistentReads: true,
      mustExist: true,
    })
  if ((await nodeEnv.files.stat(directory))?.isDirectory !== true)
    throw new MillraceError('not_found', `there is no directory ${directory}`)
  return fileLeaseStore(nodeEnv, directory, 'millrace checkpoints')
}

async function list(store: LeaseStore, given: CommandOptions): Promise<string[]> {
  const leases = await store.leases.list()
  const wanted = shardsIn(given)
  const shown = leases.filter(({ leaseKey, shardId }) =>
    wanted.length === 0 ? true : wanted.includes(leaseKey) || wanted.includes(shardId),
  )
  if (given['json'] !== undefined) return shown.map(leaseJson)
  const cells = shown.map(lease => [
    lease.leaseKey,
    ownerOf(lease),
    String(lease.leaseCounter),
    lease.checkpoint === null ? '-' : formatExtended(lease.checkpoint),
    lease.pendingCheckpoint === null ? '-' : formatExtended(lease.pendingCheckpoint),
    lease.parentShardIds.length === 0 ? '-' : lease.parentShardIds.join(' '),
  ])
  return tableText(['lease', 'owner', 'counter', 'checkpoint', 'pending', 'parents'], cells)
}

async function reset(store: LeaseStore, given: CommandOptions): Promise<string[]> {
  const done = await resetCheckpoints(store.leases, {
    to: parseExtended(given['to'] ?? ''),
    only: shardsIn(given),
    force: given['force'] !== undefined,
  })
  if (given['json'] !== undefined) return done.map(one => JSON.stringify(one))
  return [
    ...tableText(
      ['lease', 'was', 'is'],
      done.map(({ leaseKey, from, to }) => [leaseKey, from, to]),
    ),
    `${done.length} checkpoints reset`,
  ]
}

function shardsIn(given: CommandOptions): readonly string[] {
  return given['shard'] === undefined ? [] : given['shard'].split('\n')
}

function ownerOf({ leaseOwner, checkpointOwner }: Lease): string {
  if (checkpointOwner !== null) return `${checkpointOwner} (to ${leaseOwner ?? 'nobody'})`
  return leaseOwner ?? '-'
}

function leaseJson(lease: Lease): string {
  const { hashKeyRange, pendingCheckpointState, checkpoint, pendingCheckpoint } = lease
  return JSON.stringify({
    ...lease,
    checkpoint: checkpoint === null ? null : formatExtended(checkpoint),
    pendingCheckpoint: pendingCheckpoint === null ? null : formatExtended(pendingCheckpoint),
    pendingCheckpointState:
      pendingCheckpointState === null ? null : Buffer.from(pendingCheckpointState).toString('base64'),
    hashKeyRange:
      hashKeyRange === null ? null : [String(hashKeyRange.startingHashKey), String(hashKeyRange.endingHashKey)],
  })
}
