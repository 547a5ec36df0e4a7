/** A table behind rounds: whatever call the owner dies at, each row is in the table once. */
import { expect, it } from 'vitest'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import type { RedshiftDataLike } from '../../../sinks/redshift/redshift-data.ts'
import type { Segment, StagedObject } from '../../../sinks/staged/staging.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { RedshiftServer } from '../../support/redshift-server.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, START } from '../pipeline/world.ts'
import { destination, type Json, processors, S3 } from '../support/definitions.ts'

const ROWS = 12
const ROWS_A_ROUND = 3

const definition = destination('RedshiftDestinationConfiguration', {
  Username: 'loader',
  CopyCommand: { DataTableName: 'clicks', DataTableColumns: 'n', CopyOptions: "FORMAT JSON 'auto'" },
  S3Configuration: { ...S3, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
  ...processors(['AppendDelimiterToRecord']),
} satisfies Json) as DeliveryStreamDefinition

/** What the owner's one conditional write makes true. */
interface Commit {
  readonly round: number
  readonly position: number
  readonly parts: readonly StagedObject[]
  readonly carried: readonly Segment[]
  readonly published: boolean
}

/** A client whose process ends at one of its calls, after the service has heard it. */
function dying(
  server: RedshiftServer,
  clock: SimClock,
  dieAt: number,
): RedshiftDataLike & { readonly died: Promise<void> } {
  let left = dieAt
  let end = (): void => {}
  const died = new Promise<void>(resolve => {
    end = resolve
  })
  const heard = async <T>(answer: Promise<T>): Promise<T> => {
    const value = await answer
    if (left-- !== 0) return value
    end()
    // Nobody hears of it any more.
    return new Promise<T>(() => {})
  }
  return {
    died,
    batchExecuteStatement: input => heard(server.batchExecuteStatement(input)),
    describeStatement: input => heard(server.describeStatement(input)),
  }
}

it('each row is in the table once, and a COPY that was made is not made again', async () => {
  for (let dieAt = 0; ; dieAt++) {
    const clock = new SimClock(START)
    const store = new MemoryStore()
    const server = new RedshiftServer({ store, clock })
    await server.query('CREATE TABLE clicks (n INTEGER)')
    let commit: Commit = { round: 0, position: 0, parts: [], carried: [], published: true }
    const live = async (client: RedshiftDataLike, seed: number): Promise<void> => {
      const stream = new DeliveryStream(
        { definition, staging: { incarnation: 'i', task: 't' } },
        { clock, random: seededRandom(seed), store: () => store, redshiftData: client },
      )
      if (!commit.published) {
        await stream.publish(commit.parts)
        commit = { ...commit, published: true }
      }
      await stream.restore(commit.round, commit.carried)
      while (commit.position < ROWS) {
        const to = commit.position + ROWS_A_ROUND
        for (let n = commit.position; n < to; n++)
          await stream.write([{ data: bytes(JSON.stringify({ n })), arrivedAt: clock.now() }])
        // Two objects in every second round: one by its interval, and the rest by the flush.
        if (commit.round % 2 === 1) await clock.sleep(61_000)
        await stream.flush()
        const { parts, carried } = await stream.stage(commit.round + 1)
        commit = { round: commit.round + 1, position: to, parts, carried, published: false }
        await stream.publish(parts)
        commit = { ...commit, published: true }
      }
      await stream.close()
    }
    const first = dying(server, clock, dieAt)
    const ended = await clock.until(Promise.race([live(first, 1).then(() => 'done'), first.died.then(() => 'died')]))
    if (ended === 'died') await clock.until(live(server, 2))
    const rows = await server.query('SELECT n FROM clicks ORDER BY n')
    expect(rows.map(([n]) => Number(n))).toEqual(Array.from({ length: ROWS }, (_, n) => n))
    if (ended === 'done') return
  }
})
