import { describe, expect, it } from 'vitest'
import type { ColumnText } from './codec-support.ts'
import { randomOf, SCANNERS, Subject } from './scanner-support.ts'

/** Names around the 16 bytes that a block looks at: with quotes, comma, colon and the quote of a text they end below, at and beyond it. */
const NAMES = [
  'a',
  'of_nine_b',
  'of_ten_byt',
  'of_eleven_b',
  'of_twelve_by',
  'of_thirteen_b',
  'a name that goes on for forty-five bytes, yes',
]

const COLUMNS: readonly ColumnText[] = [
  ...NAMES.map((name): ColumnText => [name, 'VARCHAR(300)']),
  ['F', 'DOUBLE'],
  ['B', 'BIGINT'],
  ['TS', 'TIMESTAMP'],
  ['O', 'BOOLEAN'],
  ['C', 'CHAR(4)'],
]

const random = randomOf(77)

const text = (size: number) => 'abcdefgh ~'.repeat(40).slice(0, size)
const digits = (count: number) => '1234567890123456789'.slice(0, count)

/** A value as JSON that a block takes at first sight. */
function plainValue(name: string): string {
  switch (name) {
    case 'F':
      return `${digits(1 + random(9))}${random(2) === 0 ? '' : `.${digits(1 + random(5))}`}`
    case 'B':
      return digits(1 + random(15))
    case 'TS':
      return `"2026-01-1${random(10)}${['T', ' '][random(2)]}0${random(10)}:5${random(10)}:00${['', '.1', '.123', '.123456'][random(4)]}"`
    case 'O':
      return random(2) === 0 ? 'true' : 'false'
    case 'C':
      return `"${text(random(4))} "`
    default:
      return `"${text([0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 255][random(13)]!)}"`
  }
}

/** Values that need a second look, and values that no scanner takes. */
const OTHERS = [
  'null',
  '1',
  '-0.5e3',
  '"\\u00e9\\n"',
  '"\u00e9\u20ac"',
  `"${text(299)}"`,
  '""',
  'true',
  '{}',
  '"\\ud800"',
  '12345678901234567',
  '01',
  '"25:61"',
  '"\t"',
]

/** @param missing leaves a column out, so that the record has a layout of its own; -1: none */
function record(missing: number, strange: number): string {
  const members = COLUMNS.filter((_column, i) => i !== missing).map(([name]) => {
    const value = random(100) < strange ? OTHERS[random(OTHERS.length)]! : plainValue(name)
    return `${JSON.stringify(name)}:${value}`
  })
  return `{${members.join(',')}}`
}

/** Bytes that are no UTF-8, in a text or cut off at the end. */
function damaged(of: string): Uint8Array {
  const bytes = Buffer.from(of)
  if (random(2) === 0) return bytes.subarray(0, random(bytes.length))
  bytes[random(bytes.length)] = 0xc3
  return bytes
}

describe.each(SCANNERS)('the %s scanner, block by block', kind => {
  it.each([1, 63, 64, 65, 128, 1_000])('gives in batches of %i what JSON.parse gives', size => {
    const subject = new Subject(kind, COLUMNS)
    const truth = new Subject('none', COLUMNS)
    for (let left = 2_000; left > 0; left -= size) {
      const records = Array.from({ length: Math.min(left, size) }, () => {
        const made = record(random(3) === 0 ? random(4) : -1, random(4) === 0 ? 10 : 0)
        return random(50) === 0 ? damaged(made) : made
      })
      expect(subject.answer(records)).toEqual(truth.answer(records))
    }
    expect(subject.kept).toBeGreaterThan(1_000)
  })

  it('takes every record that is plain, of whatever layout it is among five', () => {
    const subject = new Subject(kind, COLUMNS)
    const records = Array.from({ length: 640 }, (_unused, i) => record((i % 5) - 1, 0))
    subject.answer(records)
    expect(subject.kept).toBe(640)
  })

  it('tells texts of 0 to 40 bytes apart that differ in one byte, also when most are new', () => {
    const columns: readonly ColumnText[] = [
      ['few', 'VARCHAR(64)'],
      ['many', 'VARCHAR(64)'],
    ]
    const subject = new Subject(kind, columns)
    const base = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn'
    const texts: string[] = []
    for (let size = 0; size <= base.length; size++) {
      const whole = base.slice(0, size)
      texts.push(whole)
      for (let at = 0; at < size; at++) texts.push(`${whole.slice(0, at)}Z${whole.slice(at + 1)}`)
    }
    // Sixty thousand texts of their own stand between them.
    for (let round = 0; round < 120; round++) {
      const records = Array.from({ length: 1_000 }, (_unused, i) => ({
        few: texts[(round * 7 + (i % 40)) % texts.length]!,
        many: round % 2 === 0 ? texts[random(texts.length)]! : `text ${round} ${i}`,
      }))
      const { rows } = subject.answer(records.map(each => JSON.stringify(each)))
      // One text each: to compare a hundred thousand rows cell by cell takes ten times as long.
      expect(rows.map(row => row.join('|')).join('\n')).toBe(
        records.map(({ few, many }) => `${few}|${many}`).join('\n'),
      )
    }
    expect(subject.kept).toBe(120_000)
  }, 60_000)

  it('reads numbers of 1 to 18 digits before and after the point as JSON.parse does', () => {
    const columns: readonly ColumnText[] = [
      ['F', 'DOUBLE'],
      ['B', 'BIGINT'],
    ]
    const subject = new Subject(kind, columns)
    const truth = new Subject('none', columns)
    const records: string[] = []
    for (let whole = 0; whole <= 18; whole++)
      for (let part = 0; part <= 18; part++)
        for (const sign of ['', '-'])
          for (const end of ['', 'e1', 'E-2']) {
            const number = `${sign}${whole === 0 ? '0' : digits(whole)}${part === 0 ? '' : `.${digits(part)}`}${end}`
            records.push(`{"F":${number},"B":${sign}${digits(Math.max(1, whole))}}`, `{"F":1,"B":${number}}`)
          }
    expect(subject.answer(records)).toEqual(truth.answer(records))
    expect(subject.scannerKind).toBe(kind)
  })

  it('reads times on one day and on many, well written and not', () => {
    const columns: readonly ColumnText[] = [['TS', 'TIMESTAMP']]
    const subject = new Subject(kind, columns)
    const truth = new Subject('none', columns)
    const good = '2026-01-15T12:34:56.789Z'
    const forms = [good, good.slice(0, 23), good.replace('T', ' '), good.slice(0, 23).replace('T', ' ')]
    const records = [...forms]
    for (const text of forms)
      for (let at = 0; at < text.length; at++)
        for (const byte of ['0', '9', ':', '.', 'Z', 'T', ' ', '-', '/'])
          records.push(`${text.slice(0, at)}${byte}${text.slice(at + 1)}`)
    for (let size = 0; size < good.length; size++) records.push(good.slice(0, size))
    const lines = records.flatMap(text => [`{"TS":"${good}"}`, `{"TS":"${text}"}`])
    expect(subject.answer(lines)).toEqual(truth.answer(lines))
  })
})
