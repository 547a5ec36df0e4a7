import { describe, expect, it } from 'vitest'
import type { ColumnText } from './codec-support.ts'
import { type Answer, randomOf, SCANNERS, Subject } from './scanner-support.ts'

/** `SCANNER_FUZZ_ROUNDS=2700 npx vitest run test/core/scanner-fuzz.test.ts` tries two million mutants on each scanner. */
const ROUNDS = Number(process.env['SCANNER_FUZZ_ROUNDS'] ?? 60)
const RECORDS = 1_000

const COLUMNS: readonly ColumnText[] = [
  ['event_time', 'TIMESTAMP'],
  ['event_ms', 'BIGINT'],
  ['user_id', 'VARCHAR(12)'],
  ['page', 'VARCHAR(20)'],
  ['ratio', 'DECIMAL(8,4)'],
  ['count', 'SMALLINT'],
  ['latency_ms', 'DOUBLE'],
  ['ok', 'BOOLEAN'],
]
const BYTES = Buffer.from('"\\{}[]:,0123456789-+.eE \n\t\x00truefalsnuT/Z\xc3\xa9\xff\xe2\xed\xa0\x80', 'latin1')

function record(i: number, random: (below: number) => number): string {
  const time = new Date(1_768_478_400_000 + i * 977).toISOString()
  const page = ['/home', '/süß', '/a/much/longer/page', '/日本', '\\/x\\u00e9\\ud83d\\ude00', 'a\\"b\\\\c'][random(6)]
  const referrer = random(3) === 0 ? 'null' : `"https:\\/\\/ä.example/${random(9)}"`
  const latency = random(4) === 0 ? `${random(90)}.5e${random(40) - 20}` : (random(9_000) / 10).toFixed(1)
  return `{"event_time":"${time}","event_ms":${1_768_478_400_000 + i},"user_id":"u${random(500)}","page":"${page}","referrer":${referrer},"ratio":${(random(90_000) / 10_000).toFixed(4)},"count":${random(300)},"depth":{"n":${random(9)}.5},"latency_ms":${latency},"ok":${random(2) === 0}}`
}

function mutant(clean: Buffer, random: (below: number) => number): Buffer {
  const at = random(clean.length)
  const byte = BYTES.subarray(random(BYTES.length)).subarray(0, 1)
  switch (random(4)) {
    case 0:
      return Buffer.concat([clean.subarray(0, at), byte, clean.subarray(at + 1)])
    case 1:
      return Buffer.concat([clean.subarray(0, at), byte, clean.subarray(at)])
    case 2:
      return Buffer.concat([clean.subarray(0, at), clean.subarray(at + 1)])
    default:
      return clean.subarray(0, at)
  }
}

describe.each(SCANNERS)('the %s scanner, over mutated records', kind => {
  it('accepts nothing that JSON.parse refuses, and no value differs', () => {
    const random = randomOf(7)
    const clean = Array.from({ length: RECORDS }, (_unused, i) => Buffer.from(record(i, random)))
    const subject = new Subject(kind, COLUMNS)
    const truth = new Subject('none', COLUMNS)
    subject.answer(clean)
    for (let round = 0; round < ROUNDS; round++) {
      const records = clean.map(bytes => (random(4) === 0 ? bytes : mutant(bytes, random)))
      const [answer, expected] = [subject.answer(records), truth.answer(records)]
      // A deep comparison by the test runner costs more than the decoding.
      if (!same(answer, expected)) expect(answer).toEqual(expected)
    }
    console.log(`${kind}: ${ROUNDS * RECORDS} records, three in four mutated; ${subject.kept - RECORDS} were scanned`)
    expect(subject.kept).toBeGreaterThan(ROUNDS * RECORDS * 0.3)
  }, 7_200_000)
})

function same(a: Answer, b: Answer): boolean {
  if (a.rows.length !== b.rows.length || a.errors.length !== b.errors.length) return false
  for (let i = 0; i < a.rows.length; i++) {
    const [left, right] = [a.rows[i], b.rows[i]]
    if (left === undefined || right === undefined || a.records[i] !== b.records[i]) return false
    for (let k = 0; k < left.length; k++) if (!Object.is(left[k], right[k])) return false
  }
  return a.errors.every((error, i) => {
    const other = b.errors[i]
    return error.message === other?.message && error.sequenceNumber === other.sequenceNumber
  })
}
