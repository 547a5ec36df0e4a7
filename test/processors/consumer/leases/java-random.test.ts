/** The numbers were printed by OpenJDK 17. */
import { describe, expect, it } from 'vitest'
import { TRIM_HORIZON } from '../../../../processors/consumer/leases/extended-sequence-number.ts'
import { JavaRandom, javaShuffle } from '../../../../processors/consumer/leases/java-random.ts'
import { newLease } from '../../../../processors/consumer/leases/lease.ts'
import { shuffledLeader } from '../../../../processors/consumer/leases/shuffle-leader.ts'

const BOUNDS = [1, 2, 3, 5, 7, 8, 10, 16, 100, 1_000, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1, 64, 6]
const NUMBERS = [
  0, 0, 2, 4, 5, 3, 1, 7, 65, 295, 490196171, 667615324, 1239332516, 59, 5, 0, 0, 2, 1, 0, 0, 8, 11, 0, 908, 534308569,
  372767551, 1801755894, 17, 2, 0, 1, 1, 1, 5, 1, 2, 9, 82, 227, 1025899208, 45084545, 432059252, 20, 2,
]
const LARGE = [
  578319411, 780466721, 717457953, 737996328, 817965352, 1486179385, 617011057, 497885393, 741576374, 729537158,
]

const workers = (count: number): string[] => Array.from({ length: count }, (_, i) => `worker-${i}`).sort()
const FORTY =
  '25 17 33 28 39 38 1 22 32 6 23 7 27 2 24 19 30 13 10 36 21 0 34 37 12 14 5 16 31 29 35 3 18 26 20 4 9 8 15 11'

describe('random numbers of Java', () => {
  it('are the same for powers of two and for other bounds', () => {
    const random = new JavaRandom(1_947)
    expect(NUMBERS.map((_, i) => random.nextInt(BOUNDS[i % BOUNDS.length] ?? 1))).toEqual(NUMBERS)
  })

  it('are the same where numbers are drawn again, and from a negative seed', () => {
    const random = new JavaRandom(-5)
    expect(LARGE.map(() => random.nextInt(1_500_000_000))).toEqual(LARGE)
  })

  it.each([
    [1, '0'],
    [2, '0 1'],
    [3, '2 0 1'],
    [5, '4 0 2 1 3'],
    [12, '7 2 6 10 0 9 4 8 1 3 11 5'],
    [40, FORTY],
  ])('shuffle %d workers as Collections.shuffle does', (count, order) => {
    const expected = order.split(' ').map(number => `worker-${number}`)
    expect(javaShuffle(workers(count), new JavaRandom(1_947))).toEqual(expected)
  })
})

describe('the leader of a 2.x fleet', () => {
  const leases = (owners: readonly (string | null)[]) =>
    owners.map((leaseOwner, i) => ({ ...newLease({ leaseKey: `s-${i}`, checkpoint: TRIM_HORIZON }), leaseOwner }))

  it('is the first of the distinct owners, sorted as Java sorts and shuffled', () => {
    expect(shuffledLeader(leases(['ip-10-0-0-7', 'a', null, 'Z', 'ä', 'host:9', 'a']))).toBe('ä')
    expect(shuffledLeader(leases(workers(40)))).toBe('worker-25')
  })

  it('is nobody while nobody owns a lease', () => {
    expect(shuffledLeader(leases([null, null]))).toBeNull()
  })
})
