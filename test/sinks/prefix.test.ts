import { describe, expect, it } from 'vitest'
import { objectName } from '../../sinks/object-name.ts'
import { type PrefixOptions, parsePrefixes } from '../../sinks/prefix.ts'
import type { Problem } from '../../sinks/problem.ts'
import { zoneClockOf } from '../../sinks/zoned-time.ts'
import { seededRandom } from '../support/memory-env.ts'

const AT = Date.UTC(2026, 10, 22, 23, 59, 59, 999)

function evaluated(options: PrefixOptions, oldestAt = AT): string {
  const problems: Problem[] = []
  const prefixes = parsePrefixes(options, problems)
  expect(problems).toEqual([])
  return prefixes?.prefix.evaluate({ oldestAt, random: seededRandom(3) }) ?? 'none'
}

function refused(options: PrefixOptions): readonly string[] {
  const problems: Problem[] = []
  expect(parsePrefixes(options, problems)).toBeNull()
  return problems.map(({ path, code }) => `${path} ${code}`)
}

const ErrorOutputPrefix = 'errors/!{firehose:error-output-type}/'

describe('prefixes', () => {
  it('are the hour of the oldest row where none is given', () => {
    expect(evaluated({})).toBe('2026/11/22/23/')
    expect(evaluated({ CustomTimeZone: 'Asia/Calcutta' })).toBe('2026/11/23/05/')
    expect(evaluated({ CustomTimeZone: 'America/Port-au-Prince' })).toBe('2026/11/22/18/')
  })

  it('get the time part glued on without a slash when they are literal', () => {
    expect(evaluated({ Prefix: 'legacy' })).toBe('legacy2026/11/22/23/')
    expect(evaluated({ Prefix: 'a/{year}/$!/' })).toBe('a/{year}/$!/2026/11/22/23/')
    expect(evaluated({ Prefix: 'a/', appendDefaultTimePrefix: 'never' })).toBe('a/')
  })

  it('get none when they have an expression, unless it is asked for', () => {
    const random = '!{firehose:random-string}/'
    expect(evaluated({ Prefix: random, ErrorOutputPrefix })).toMatch(/^[A-Za-z0-9]{11}\/$/)
    expect(evaluated({ Prefix: random, ErrorOutputPrefix, appendDefaultTimePrefix: 'always' })).toMatch(
      /^[A-Za-z0-9]{11}\/2026\/11\/22\/23\/$/,
    )
  })

  it('show one instant at every timestamp and another string at every random one', () => {
    const text = evaluated({
      Prefix:
        "!{timestamp:yyyy}/!{timestamp:'month='MM}/!{firehose:random-string}/!{firehose:random-string}/!{timestamp:SSS}",
      ErrorOutputPrefix,
    })
    const [year, month, one, two, fraction] = text.split('/')
    expect([year, month, fraction]).toEqual(['2026', 'month=11', '000'])
    expect(one).not.toBe(two)
  })

  it('print the week-based year with YYYY, as AWS texts do not mean', () => {
    expect(evaluated({ Prefix: '!{timestamp:YYYY-yyyy}', ErrorOutputPrefix }, Date.UTC(2026, 11, 31))).toBe('2027-2026')
  })

  it('give the error prefix its type, and a place below the prefix when it is absent', () => {
    const problems: Problem[] = []
    const context = { oldestAt: AT, random: seededRandom(1), errorOutputType: 'processing-failed' }
    expect(parsePrefixes({ Prefix: 'p/' }, problems)?.errorPrefix.evaluate(context)).toBe(
      'p/processing-failed/2026/11/22/23/',
    )
    expect(parsePrefixes({ ErrorOutputPrefix }, problems)?.errorPrefix.evaluate(context)).toBe(
      'errors/processing-failed/',
    )
    expect(parsePrefixes({ ErrorOutputPrefix: 'bad/' }, problems)?.errorPrefix.evaluate(context)).toBe('bad/')
  })

  it.each<[PrefixOptions, string[]]>([
    [{ Prefix: '!{nothing:x}', ErrorOutputPrefix }, ['Prefix PREFIX_NAMESPACE']],
    [{ Prefix: '!{firehose:x}', ErrorOutputPrefix }, ['Prefix PREFIX_VALUE']],
    [{ Prefix: '!{timestamp:yyyy-C}', ErrorOutputPrefix }, ['Prefix PREFIX_VALUE']],
    [{ Prefix: "!{timestamp:yyyy'}", ErrorOutputPrefix }, ['Prefix PREFIX_VALUE']],
    [{ Prefix: '!{timestamp:}', ErrorOutputPrefix }, ['Prefix PREFIX_VALUE']],
    [{ Prefix: 'a!{b', ErrorOutputPrefix }, ['Prefix PREFIX_STRAY']],
    [{ Prefix: '!{timestamp:yyyy', ErrorOutputPrefix }, ['Prefix PREFIX_STRAY']],
    [{ Prefix: 'x'.repeat(513) }, ['Prefix PREFIX_LENGTH']],
    [{ Prefix: 'x'.repeat(1_025) }, ['Prefix VALIDATION', 'Prefix PREFIX_LENGTH']],
    [{ Prefix: '!{firehose:error-output-type}', ErrorOutputPrefix }, ['Prefix PREFIX_ERRTYPE']],
    [{ Prefix: '!{timestamp:yyyy}' }, ['ErrorOutputPrefix ERRPREFIX_REQUIRED']],
    [{ Prefix: '!{timestamp:yyyy}', ErrorOutputPrefix: '' }, ['ErrorOutputPrefix ERRPREFIX_REQUIRED']],
    [{ ErrorOutputPrefix: '!{timestamp:yyyy}' }, ['ErrorOutputPrefix ERRPREFIX_NO_TYPE']],
    [{ ErrorOutputPrefix: `!{partitionKeyFromQuery:k}${ErrorOutputPrefix}` }, ['ErrorOutputPrefix ERRPREFIX_PARTKEY']],
    [{ Prefix: '!{partitionKeyFromLambda:k}', ErrorOutputPrefix }, ['Prefix PARTKEY_DISABLED']],
    [{ Prefix: '!{timestamp:b}', CustomTimeZone: 'Mars/Olympus' }, ['CustomTimeZone TIME_ZONE', 'Prefix PREFIX_VALUE']],
  ])('are refused for %o', (options, expected) => {
    expect(refused(options)).toEqual(expected)
  })

  it('may have 512 literal characters though the time part makes them longer', () => {
    expect(evaluated({ Prefix: 'x'.repeat(512) })).toHaveLength(512 + 14)
  })
})

describe('object names', () => {
  it('carry stream, version, local time, uuid and extension', () => {
    const time = zoneClockOf('Asia/Kathmandu')?.(AT)
    expect(time).toBeDefined()
    if (time === undefined) return
    expect(objectName('my-stream', 3, time, '0b8e5f0c-6a3e-4a7e-9b1f-2f8f6a1c0d11', '.gz')).toBe(
      'my-stream-3-2026-11-23-05-44-59-0b8e5f0c-6a3e-4a7e-9b1f-2f8f6a1c0d11.gz',
    )
  })
})
