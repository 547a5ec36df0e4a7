import { expect, test } from 'vitest'
import { PatternError } from '../../../core/patterns/pattern-error.ts'
import {
  formatDatetime,
  parseDatetime,
  parseDatetimePattern,
  unreadableLetter,
} from '../../../processors/expressions/datetime-pattern.ts'
import { HAS_JAVA, hexOf, JAVA_HEX, runJava } from '../../support/java.ts'

/** The moment from which two-digit years are counted: the same on both sides. */
const NOW = Date.UTC(2024, 5, 15, 12)

const JUDGE = `
import java.io.*;
import java.text.*;
import java.util.*;
public class Judge {
  ${JAVA_HEX}
  public static void main(String[] args) throws IOException {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    StringBuilder out = new StringBuilder();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] parts = line.split(" ", -1);
      try {
        SimpleDateFormat format = new SimpleDateFormat(text(parts[1]), Locale.ENGLISH);
        format.setTimeZone(TimeZone.getTimeZone("UTC"));
        GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone("UTC"), Locale.ENGLISH);
        calendar.setGregorianChange(new Date(Long.MIN_VALUE));
        calendar.setFirstDayOfWeek(Calendar.SUNDAY);
        calendar.setMinimalDaysInFirstWeek(1);
        calendar.setLenient(false);
        format.setCalendar(calendar);
        calendar.setTimeInMillis(${NOW}L);
        calendar.add(Calendar.YEAR, -80);
        format.set2DigitYearStart(calendar.getTime());
        if (parts[0].equals("f")) out.append(hex(format.format(new Date(Long.parseLong(parts[2])))));
        else {
          ParsePosition at = new ParsePosition(0);
          Date date = format.parse(text(parts[2]), at);
          out.append(date == null ? "none" : Long.toString(date.getTime()));
        }
      } catch (IllegalArgumentException e) {
        out.append("error");
      }
      out.append("\\n");
    }
    System.out.print(out);
  }
}
`

function random(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
}

const FIELDS = [
  'yyyy',
  'yy',
  'y',
  'yyyyy',
  'M',
  'MM',
  'MMM',
  'MMMM',
  'd',
  'dd',
  'D',
  'DDD',
  'H',
  'HH',
  'k',
  'kk',
  'K',
  'h',
  'hh',
  'm',
  'mm',
  's',
  'ss',
  'S',
  'SSS',
  'a',
  'E',
  'EEE',
  'EEEE',
  'u',
  'z',
  'Z',
  'X',
  'XX',
  'XXX',
]
const WRITTEN_ONLY = ['w', 'ww', 'W', 'F', 'YYYY', 'YY', 'Y']
const BETWEEN = ['-', '/', ' ', ':', '.', "'T'", "''", "' o''clock '", ', ', '']

function pattern(next: (below: number) => number, fields: readonly string[]): string {
  const pick = (from: readonly string[]): string => from[next(from.length)]!
  return Array.from({ length: 1 + next(5) }, () => pick(fields) + pick(BETWEEN)).join('')
}

function formatted(text: string, ms: number): string {
  try {
    return hexOf(formatDatetime(parseDatetimePattern(text), ms))
  } catch (error) {
    if (!(error instanceof PatternError)) throw error
    return 'error'
  }
}

test.runIf(HAS_JAVA)('times are written as java.text.SimpleDateFormat writes them', { timeout: 60_000 }, () => {
  const next = random(3)
  const cases = Array.from({ length: 4_000 }, () => ({
    text: pattern(next, [...FIELDS, ...WRITTEN_ONLY]),
    // Years 1 to 9999, half of them near now; edges of years for the weeks.
    ms:
      next(3) === 0
        ? Date.UTC(1960 + next(100), next(2) * 11, next(2) === 0 ? 1 + next(7) : 25 + next(7), next(24))
        : next(2) === 0
          ? next(2 ** 24) * 200_000 - 10 ** 12
          : -62_135_596_800_000 + next(2 ** 24) * 18_000_000 + next(86_400_000),
  }))
  const theirs = runJava(
    JUDGE,
    cases.map(({ text, ms }) => `f ${hexOf(text)} ${ms}`),
  )
  const different = cases.flatMap((one, index) => {
    const mine = formatted(one.text, one.ms)
    return mine === theirs[index] ? [] : [{ ...one, mine: unhex(mine), theirs: unhex(theirs[index]!) }]
  })
  expect(different.slice(0, 8)).toEqual([])
})

/** Fields that say when, each once: a text that contradicts itself is not compared. */
const DATES = [
  'yyyy-MM-dd',
  'yy/M/d',
  'dd/MMM/yyyy',
  'd MMM yy',
  'yyyyMMdd',
  'yyMMdd',
  'yyyy-DDD',
  'MMMM d, yyyy',
  'y.M',
  'yyyy',
  '',
]
const TIMES = ['HH:mm:ss', 'H:m:s.S', 'HH:mm:ss.SSS', 'hh:mm a', 'K:m:s a', 'kk:mm', 'HHmmss', "h 'o''clock' a", '']
const ZONES = ['', '', ' Z', ' X', ' XX', ' XXX', ' z']

test.runIf(HAS_JAVA)('times are read as a strict java.text.SimpleDateFormat reads them', { timeout: 60_000 }, () => {
  const next = random(4)
  const cases = Array.from({ length: 4_000 }, () => {
    const pick = (from: readonly string[]): string => from[next(from.length)]!
    const text = pick(DATES) + pick([' ', "'T'", '-']) + pick(TIMES) + pick(ZONES)
    const ms =
      next(2) === 0
        ? next(2 ** 24) * 200_000 - 10 ** 12
        : Date.UTC(1950 + next(120), next(12), 1 + next(28), next(24), next(60), next(60), next(1_000))
    let value = formatDatetime(parseDatetimePattern(text), ms)
    // One change in every second text: a character taken out, put in, or made another.
    if (next(2) === 0) {
      const at = next(value.length + 1)
      const put = ['', '0', '9', 'x', ' ', '/', '13', ':'][next(8)]!
      value = value.slice(0, at) + put + value.slice(at + next(2))
    }
    return { text, value }
  })
  const theirs = runJava(
    JUDGE,
    cases.map(({ text, value }) => `p ${hexOf(text)} ${hexOf(value)}`),
  )
  const different = cases.flatMap((one, index) => {
    const tokens = parseDatetimePattern(one.text)
    const mine = unreadableLetter(tokens) === null ? String(parseDatetime(tokens, one.value, NOW) ?? 'none') : 'error'
    // Years beyond 9999 are no TIMESTAMP.
    if (mine === theirs[index] || (mine === 'none' && Number(theirs[index]) > 253_402_300_799_999)) return []
    return [{ ...one, mine, theirs: theirs[index] }]
  })
  expect(different.slice(0, 8)).toEqual([])
})

function unhex(hex: string): string {
  return hex === 'error' ? hex : hex.replace(/.{4}/g, unit => String.fromCharCode(Number.parseInt(unit, 16)))
}
