import { beforeAll, describe, expect, it } from 'vitest'
import type { DeliveryStreamDefinition } from '../../../sinks/definition/delivery-stream.ts'
import { jqQuery } from '../../../sinks/pipeline/key-query.ts'
import { PLAN_FAILURES_MAX, planDelivery } from '../../../sinks/pipeline/plan.ts'
import { seededRandom } from '../../support/memory-env.ts'
import { SimClock } from '../../support/sim-clock.ts'
import { extendedS3, PARTITIONED } from '../support/definitions.ts'
import { bytes, START } from './world.ts'

describe('a plan', () => {
  beforeAll(() => jqQuery('{a: 1}', ['a']))

  it('tells keys, partitions, sizes and failures of a sample', async () => {
    const definition = extendedS3({ ...PARTITIONED, CompressionFormat: 'GZIP' }) as DeliveryStreamDefinition
    const texts = [
      ...Array.from({ length: 90 }, (_, index) => `{"customer":"c${index % 3}"}`),
      ...Array.from({ length: 150 }, () => '{}'),
    ]
    const plan = await planDelivery(
      { definition },
      texts.map(text => ({ data: bytes(text), arrivedAt: START })),
      { clock: new SimClock(START), random: seededRandom(2) },
    )
    expect(plan.objects.map(({ kind, key, records }) => [kind, key.split('/')[0], records])).toEqual([
      ['data', 'c0', 30],
      ['data', 'c1', 30],
      ['data', 'c2', 30],
      ['error', 'errors', 150],
    ])
    const [first] = plan.objects
    expect(first).toMatchObject({ bufferedBytes: 30 * 17, key: expect.stringMatching(/^c0\/clicks-1-.*\.gz$/) })
    expect(first?.sizeBytes).toBeLessThan(30 * 17)
    expect(plan).toMatchObject({ partitions: 3, failed: 150, warnings: [] })
    expect(plan.failures).toHaveLength(PLAN_FAILURES_MAX)
    expect(plan.failures[0]).toEqual({
      code: 'DynamicPartitioning.MetadataExtractionFailed',
      message: 'key "customer" is null',
      recordId: '00000000000000000090',
    })
  })
})
