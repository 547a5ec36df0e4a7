/** One conversion that two streams share, and whose scans come in between each other. */
import { parquetReadObjects } from 'hyparquet'
import { expect, it } from 'vitest'
import { glueTableOf } from '../../../sinks/conversion/glue-table.ts'
import { ParquetConversion } from '../../../sinks/conversion/parquet-conversion.ts'
import { definitionPlanOf } from '../../../sinks/definition/definition.ts'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { DeliveryStream } from '../../../sinks/pipeline/delivery-stream.ts'
import { MemoryStore } from '../../../sinks/stores/memory.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { bytes, START } from '../pipeline/world.ts'
import { CONVERSION, extendedS3 } from '../support/definitions.ts'

const STREAMS = 3
const RECORDS = 40

it('gives each stream its own rows', async () => {
  const clock = new SimClock(START)
  const definition = extendedS3(CONVERSION) as DeliveryStreamDefinition
  const { conversion: plan } = definitionPlanOf(definition)
  if (plan === null) throw new Error('no conversion')
  const Columns = [{ Name: 'c', Type: 'string' }]
  const shared = new ParquetConversion(glueTableOf({ Table: { Name: 'clicks', StorageDescriptor: { Columns } } }), plan)
  const stores = Array.from({ length: STREAMS }, () => new MemoryStore())
  const written = stores.map(async (store, index) => {
    const stream = new DeliveryStream(
      { definition },
      { clock, random: seededRandom(index), store: () => store },
      shared,
    )
    // The streams begin a few microtasks apart, so that each of them scans at each point of the others.
    for (let turn = 0; turn < index * 3; turn++) await Promise.resolve()
    for (let n = 0; n < RECORDS; n++) {
      await stream.write([0, 1, 2].map(part => ({ data: bytes(JSON.stringify({ c: `${index}/${n}/${part}` })) })))
      if (n % 2 === 0) await stream.flush()
    }
    await stream.close()
  })
  await clock.until(Promise.all(written))
  for (const [index, { objects }] of stores.entries()) {
    const rows: unknown[] = []
    for (const file of objects.values()) {
      const { buffer } = new Uint8Array(file)
      rows.push(...(await parquetReadObjects({ file: buffer })).map(({ c }) => c))
    }
    expect(rows).toEqual(Array.from({ length: RECORDS * 3 }, (_, at) => `${index}/${Math.floor(at / 3)}/${at % 3}`))
  }
})
