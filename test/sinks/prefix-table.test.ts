/** The prefix language as a table: each timestamp also by java.time.format.DateTimeFormatter, where Java is present. */
import { describe, expect, it } from 'vitest'
import { type PartitionValues, type PrefixKeys, type PrefixOptions, parsePrefixes } from '../../sinks/prefix.ts'
import type { Problem } from '../../sinks/problem.ts'
import { HAS_JAVA, runJava } from '../support/java.ts'
import { seededRandom } from '../support/memory-env.ts'

/** instant, zone, pattern of a timestamp, and what it prints; null where it is refused */
const TIMESTAMPS: readonly (readonly [string, string, string, string | null])[] = [
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyy/MM/dd/HH/', '2026/11/22/23/'],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyy', '2026'],
  ['2026-11-22T23:59:59Z', 'UTC', 'yy', '26'],
  ['2026-11-22T23:59:59Z', 'UTC', 'y', '2026'],
  ['2026-11-22T23:59:59Z', 'UTC', 'u', '2026'],
  ['2026-11-22T23:59:59Z', 'UTC', 'uuuu', '2026'],
  ['2026-11-22T23:59:59Z', 'UTC', 'YYYY', '2026'],
  ['2026-11-22T23:59:59Z', 'UTC', 'M', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'MM', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'MMM', 'Nov'],
  ['2026-11-22T23:59:59Z', 'UTC', 'MMMM', 'Nov'],
  ['2026-11-22T23:59:59Z', 'UTC', 'MMMMM', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'L', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'LL', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'LLL', 'Nov'],
  ['2026-11-22T23:59:59Z', 'UTC', 'd', '22'],
  ['2026-11-22T23:59:59Z', 'UTC', 'dd', '22'],
  ['2026-11-22T23:59:59Z', 'UTC', 'D', '326'],
  ['2026-11-22T23:59:59Z', 'UTC', 'DDD', '326'],
  ['2026-11-22T23:59:59Z', 'UTC', 'Q', '4'],
  ['2026-11-22T23:59:59Z', 'UTC', 'QQ', '04'],
  ['2026-11-22T23:59:59Z', 'UTC', 'QQQ', 'Q4'],
  ['2026-11-22T23:59:59Z', 'UTC', 'q', '4'],
  ['2026-11-22T23:59:59Z', 'UTC', 'w', '48'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ww', '48'],
  ['2026-11-22T23:59:59Z', 'UTC', 'W', '4'],
  ['2026-11-22T23:59:59Z', 'UTC', 'E', 'Sun'],
  ['2026-11-22T23:59:59Z', 'UTC', 'EEE', 'Sun'],
  ['2026-11-22T23:59:59Z', 'UTC', 'EEEE', 'Sun'],
  ['2026-11-22T23:59:59Z', 'UTC', 'EEEEE', 'S'],
  ['2026-11-22T23:59:59Z', 'UTC', 'e', '1'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ee', '01'],
  ['2026-11-22T23:59:59Z', 'UTC', 'eee', 'Sun'],
  ['2026-11-22T23:59:59Z', 'UTC', 'c', '1'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ccc', 'Sun'],
  ['2026-11-22T23:59:59Z', 'UTC', 'F', '1'],
  ['2026-11-22T23:59:59Z', 'UTC', 'a', 'PM'],
  ['2026-11-22T23:59:59Z', 'UTC', 'B', 'PM'],
  ['2026-11-22T23:59:59Z', 'UTC', 'h', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'hh', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'K', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'KK', '11'],
  ['2026-11-22T23:59:59Z', 'UTC', 'k', '23'],
  ['2026-11-22T23:59:59Z', 'UTC', 'kk', '23'],
  ['2026-11-22T23:59:59Z', 'UTC', 'H', '23'],
  ['2026-11-22T23:59:59Z', 'UTC', 'HH', '23'],
  ['2026-11-22T23:59:59Z', 'UTC', 'm', '59'],
  ['2026-11-22T23:59:59Z', 'UTC', 'mm', '59'],
  ['2026-11-22T23:59:59Z', 'UTC', 's', '59'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ss', '59'],
  ['2026-11-22T23:59:59Z', 'UTC', 'S', '0'],
  ['2026-11-22T23:59:59Z', 'UTC', 'SSS', '000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'SSSSSSSSS', '000000000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'A', '86399000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'n', '0'],
  ['2026-11-22T23:59:59Z', 'UTC', 'N', '86399000000000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'z', 'UTC'],
  ['2026-11-22T23:59:59Z', 'UTC', 'VV', 'UTC'],
  ['2026-11-22T23:59:59Z', 'UTC', 'O', 'GMT'],
  ['2026-11-22T23:59:59Z', 'UTC', 'OOOO', 'GMT'],
  ['2026-11-22T23:59:59Z', 'UTC', 'Z', '+0000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ZZZZ', 'GMT'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ZZZZZ', 'Z'],
  ['2026-11-22T23:59:59Z', 'UTC', 'X', 'Z'],
  ['2026-11-22T23:59:59Z', 'UTC', 'XXX', 'Z'],
  ['2026-11-22T23:59:59Z', 'UTC', 'x', '+00'],
  ['2026-11-22T23:59:59Z', 'UTC', 'xx', '+0000'],
  ['2026-11-22T23:59:59Z', 'UTC', 'xxx', '+00:00'],
  ['2026-11-22T23:59:59Z', 'UTC', 'G', 'AD'],
  ['2026-11-22T23:59:59Z', 'UTC', 'GGGG', 'CE'],
  ['2026-11-22T23:59:59Z', 'UTC', 'GGGGG', 'CE'],
  ['2026-11-22T23:59:59Z', 'UTC', 'g', '61366'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ppH', '23'],
  ['2026-11-22T23:59:59Z', 'UTC', 'ppppd', '  22'],
  ['2026-11-22T23:59:59Z', 'UTC', "'year='yyyy/'month='MM", 'year=2026/month=11'],
  ['2026-11-22T23:59:59Z', 'UTC', "yyyy''MM", "2026'11"],
  ['2026-11-22T23:59:59Z', 'UTC', "'it''s' HH", "it's 23"],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyy[-MM]', '2026-11'],
  ['2026-11-22T23:59:59Z', 'UTC', "yyyy-MM-dd'T'HH:mm:ss", '2026-11-22T23:59:59'],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyyMMddHHmmss', '20261122235959'],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyyy', '02026'],
  ['2026-11-22T23:59:59Z', 'UTC', "''", "'"],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyy_MM.dd~HH', '2026_11.22~23'],
  ['2026-11-22T23:59:59Z', 'UTC', "'dt='yyyy", 'dt=2026'],
  ['2027-01-01T00:30:00Z', 'UTC', 'yyyy/MM/dd/HH/', '2027/01/01/00/'],
  ['2027-01-01T00:30:00Z', 'UTC', 'YYYY', '2027'],
  ['2027-01-01T00:30:00Z', 'UTC', 'YYYY-ww', '2027-01'],
  ['2027-01-01T00:30:00Z', 'UTC', 'yyyy-DDD', '2027-001'],
  ['2027-01-01T00:30:00Z', 'UTC', 'e', '6'],
  ['2027-01-01T00:30:00Z', 'UTC', 'W', '1'],
  ['2027-01-01T00:30:00Z', 'UTC', 'kk', '24'],
  ['2027-01-01T00:30:00Z', 'UTC', 'hh', '12'],
  ['2027-01-01T00:30:00Z', 'America/New_York', 'yyyy/MM/dd/HH/', '2026/12/31/19/'],
  ['2027-01-01T00:30:00Z', 'America/New_York', 'YYYY', '2027'],
  ['2027-01-01T00:30:00Z', 'America/New_York', 'xxx', '-05:00'],
  ['2027-01-01T00:30:00Z', 'America/New_York', 'VV', 'America/New_York'],
  ['2027-01-01T00:30:00Z', 'America/New_York', 'ww', '01'],
  ['2027-01-01T00:30:00Z', 'Asia/Calcutta', 'yyyy/MM/dd/HH/', '2027/01/01/06/'],
  ['2027-01-01T00:30:00Z', 'Asia/Calcutta', 'HH:mm', '06:00'],
  ['2027-01-01T00:30:00Z', 'Asia/Calcutta', 'xxx', '+05:30'],
  ['2027-01-01T00:30:00Z', 'Asia/Calcutta', 'XX', '+0530'],
  ['2027-01-01T00:30:00Z', 'Asia/Calcutta', 'O', 'GMT+5:30'],
  ['2027-01-01T00:30:00Z', 'Asia/Kathmandu', 'HH:mm', '06:15'],
  ['2027-01-01T00:30:00Z', 'Asia/Kathmandu', 'xxx', '+05:45'],
  ['2027-01-01T00:30:00Z', 'Asia/Kathmandu', 'ZZZZZ', '+05:45'],
  ['2027-01-01T00:30:00Z', 'Asia/Kathmandu', 'OOOO', 'GMT+05:45'],
  ['2027-01-01T00:30:00Z', 'Australia/Lord_Howe', 'yyyy-MM-dd HH:mm', '2027-01-01 11:30'],
  ['2027-01-01T00:30:00Z', 'Australia/Lord_Howe', 'xxx', '+11:00'],
  ['2027-01-01T00:30:00Z', 'America/St_Johns', 'yyyy-MM-dd HH:mm', '2026-12-31 21:00'],
  ['2027-01-01T00:30:00Z', 'America/St_Johns', 'x', '-0330'],
  ['2027-01-01T00:30:00Z', 'America/St_Johns', 'X', '-0330'],
  ['2026-03-29T01:30:00Z', 'Europe/Berlin', 'HH:mm xxx', '03:30 +02:00'],
  ['2026-03-29T01:30:00Z', 'Europe/Berlin', 'yyyy/MM/dd/HH/', '2026/03/29/03/'],
  ['2026-03-29T00:59:59Z', 'Europe/Berlin', 'HH:mm xxx', '01:59 +01:00'],
  ['2026-11-01T06:30:00Z', 'America/New_York', 'HH:mm xxx', '01:30 -05:00'],
  ['2026-11-01T05:30:00Z', 'America/New_York', 'HH:mm xxx', '01:30 -04:00'],
  ['2028-02-29T12:00:00Z', 'UTC', 'D', '60'],
  ['2028-02-29T12:00:00Z', 'UTC', 'dd', '29'],
  ['2028-02-29T12:00:00Z', 'UTC', 'F', '1'],
  ['2028-02-29T12:00:00Z', 'UTC', 'w', '10'],
  ['2028-02-29T12:00:00Z', 'UTC', 'a', 'PM'],
  ['2028-02-29T12:00:00Z', 'UTC', 'h', '12'],
  ['1999-12-31T18:29:30Z', 'Asia/Calcutta', 'yyyy/MM/dd/HH/', '1999/12/31/23/'],
  ['1999-12-31T18:29:30Z', 'Asia/Calcutta', 'yy', '99'],
  ['1999-12-31T18:29:30Z', 'Asia/Calcutta', 'SSS', '000'],
  ['1999-12-31T18:29:30Z', 'Asia/Calcutta', 'YYYY', '2000'],
  ['1999-12-31T18:29:30Z', 'Pacific/Apia', 'yyyy/MM/dd/HH/', '1999/12/31/07/'],
  ['1999-12-31T18:29:30Z', 'Pacific/Apia', 'xxx', '-11:00'],
  ['2026-11-22T23:59:59Z', 'UTC', 'C', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'I', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'J', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'P', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'R', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'T', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'U', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'V', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'b', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'f', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'i', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'j', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'l', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'o', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'p', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'r', null],
  ['2026-11-22T23:59:59Z', 'UTC', 't', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'MMMMMM', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'ddd', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'HHH', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'aa', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'BB', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'cc', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'OO', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'XXXXXX', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'ZZZZZZ', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'QQQQQQ', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'EEEEEE', null],
  ['2026-11-22T23:59:59Z', 'UTC', "yyyy'", null],
  ['2026-11-22T23:59:59Z', 'UTC', '[yyyy]]', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'yyyy#', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'DDDD', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'www', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'WW', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'FF', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'kkk', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'sss', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'mmm', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'SSSSSSSSSS', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'zzzzz', null],
  ['2026-11-22T23:59:59Z', 'UTC', 'VVV', null],
  ['2026-11-22T23:59:59Z', 'UTC', '{yyyy', null],
]

const JUDGE = `
import java.io.*; import java.nio.charset.StandardCharsets; import java.time.*; import java.time.format.*; import java.util.*;
public class Judge { public static void main(String[] a) throws Exception {
  BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  PrintStream out = new PrintStream(System.out, true, "UTF-8");
  for (String line; (line = in.readLine()) != null; ) {
    String[] part = line.split("\\t", -1);
    String text;
    try { text = DateTimeFormatter.ofPattern(part[2], Locale.ROOT).format(Instant.parse(part[0]).atZone(ZoneId.of(part[1]))); }
    catch (IllegalArgumentException | DateTimeException refused) { text = "!"; }
    out.println(text);
  }
}}`

const ErrorOutputPrefix = 'errors/!{firehose:error-output-type}/'

function evaluated(
  options: PrefixOptions,
  at: string,
  keys: PrefixKeys | null = null,
  partition?: PartitionValues,
): string | null {
  const problems: Problem[] = []
  const prefixes = parsePrefixes({ ErrorOutputPrefix, ...options }, problems, keys)
  const context = { oldestAt: Date.parse(at), random: seededRandom(5), ...(partition !== undefined && { partition }) }
  return prefixes === null ? null : prefixes.prefix.evaluate(context)
}

/** Expressions of the tables below, each with its key or its refusal. */
let expressions = 0
function counted<Case extends readonly unknown[]>(cases: readonly Case[]) {
  expressions += cases.length
  return it.each(cases)
}

describe('timestamps', () => {
  counted(TIMESTAMPS)('at %s in %s by %s print %s', (at, zone, pattern, expected) => {
    expect(evaluated({ Prefix: `a/!{timestamp:${pattern}}`, CustomTimeZone: zone }, at)).toBe(
      expected === null ? null : `a/${expected}`,
    )
  })

  it('are what java.time prints', ({ skip }) => {
    if (!HAS_JAVA) return skip('no java here')
    const printed = runJava(
      JUDGE,
      TIMESTAMPS.map(row => row.slice(0, 3).join('\t')),
    )
    expect(printed.map(text => (text === '!' ? null : text))).toEqual(TIMESTAMPS.map(([, , , expected]) => expected))
  })
})

const AT = '2026-11-22T23:59:59.999Z'
const keys = { query: ['customer', 'kind'], lambda: true }
const both = '!{partitionKeyFromQuery:customer}/!{partitionKeyFromQuery:kind}'
const values = (customer: string, kind = 'k', city = 'Oslo'): PartitionValues => ({
  query: { customer, kind },
  lambda: { city },
})

describe('partition keys', () => {
  counted<[string, string, string]>([
    ['acme', both, 'acme/k'],
    ['acme', `${both}/!{partitionKeyFromLambda:city}/!{timestamp:yyyy}/`, 'acme/k/Oslo/2026/'],
    ['acme', `customer=!{partitionKeyFromQuery:customer}/k!{partitionKeyFromQuery:kind}`, 'customer=acme/kk'],
    ['../../etc', both, '%2E.%2F..%2Fetc/k'],
    ['..', both, '%2E%2E/k'],
    ['.', both, '%2E/k'],
    ['/', both, '%2F/k'],
    ['a b', both, 'a%20b/k'],
    ['a%2fb', both, 'a%252fb/k'],
    ['C:\\x', both, 'C%3A%5Cx/k'],
    ['\u0000', both, '%00/k'],
    ['CON', both, '%43ON/k'],
    ['é', both, '%C3%A9/k'],
    ['😀', both, '%F0%9F%98%80/k'],
    ['__EMPTY__', both, '%5F_EMPTY__/k'],
    ['__NULL__', both, '%5F_NULL__/k'],
    ['!{timestamp:yyyy}', both, '%21%7Btimestamp%3Ayyyy%7D/k'],
    ['x'.repeat(200), both, `${'x'.repeat(200)}/k`],
  ])('of %j by %s give %s', (customer, Prefix, expected) => {
    expect(evaluated({ Prefix }, AT, keys, values(customer))).toBe(expected)
  })

  it('group records by what the prefix makes of the keys, and by nothing else', () => {
    const Prefix =
      '!{partitionKeyFromQuery:customer}!{partitionKeyFromQuery:kind}/!{timestamp:ss}!{firehose:random-string}'
    const prefix = parsePrefixes({ Prefix, ErrorOutputPrefix }, [], keys)?.prefix
    expect(prefix?.groupOf(values('a', 'bc'))).toBe(prefix?.groupOf(values('ab', 'c')))
    expect(prefix?.groupOf(values('a', 'b'))).not.toBe(prefix?.groupOf(values('a', 'c')))
    expect(() => prefix?.groupOf({ query: { customer: 'a' }, lambda: {} })).toThrow(
      '!{partitionKeyFromQuery:kind}: the record has no value for it',
    )
    expect(() => prefix?.groupOf(values('', 'b'))).toThrow('the record has an empty value for it')
    expect(() =>
      prefix?.groupOf({ query: Object.create({ customer: 'x' }) as Record<string, string>, lambda: {} }),
    ).toThrow('no value')
  })
})

describe('literals', () => {
  counted<[PrefixOptions, string]>([
    [{}, '2026/11/22/23/'],
    [{ Prefix: '' }, '2026/11/22/23/'],
    [{ Prefix: '/' }, '/2026/11/22/23/'],
    [{ Prefix: 'legacy' }, 'legacy2026/11/22/23/'],
    [{ Prefix: 'legacy/' }, 'legacy/2026/11/22/23/'],
    [{ Prefix: '{year}' }, '{year}2026/11/22/23/'],
    [{ Prefix: '!year}' }, '!year}2026/11/22/23/'],
    [{ Prefix: '! {a}' }, '! {a}2026/11/22/23/'],
    [{ Prefix: 'ü😀' }, 'ü😀2026/11/22/23/'],
    [{ Prefix: 'a', appendDefaultTimePrefix: 'never' }, 'a'],
    [{ Prefix: '!{timestamp:yyyy}', appendDefaultTimePrefix: 'always' }, '20262026/11/22/23/'],
    [{ Prefix: '!!{timestamp:yyyy}}' }, '!2026}'],
    [{ Prefix: '!{timestamp:yyyy}!{timestamp:MM}' }, '202611'],
    [{ Prefix: "!{timestamp:'!{'}" }, '!{'],
    [{ Prefix: 'a', CustomTimeZone: '' }, 'a2026/11/22/23/'],
    [{ Prefix: 'a', CustomTimeZone: 'Asia/Calcutta' }, 'a2026/11/23/05/'],
  ])('%j give %s', (options, expected) => {
    expect(evaluated(options, AT)).toBe(expected)
  })
})

it('the tables have 150 expressions at least', () => expect(expressions).toBeGreaterThanOrEqual(150))
