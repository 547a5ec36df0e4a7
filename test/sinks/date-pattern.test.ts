/** Patterns against java.time itself, where a Java is installed. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDatePattern } from '../../sinks/date-pattern.ts'
import { zoneClockOf } from '../../sinks/zoned-time.ts'
import { seededRandom } from '../support/memory-env.ts'

/** Reads lines `instant<TAB>zone<TAB>pattern` and prints each as DateTimeFormatter does, or `!` when it refuses. */
const JUDGE = `
import java.io.*; import java.nio.charset.StandardCharsets; import java.time.*; import java.time.format.*; import java.util.*;
public class Judge { public static void main(String[] a) throws Exception {
  BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  PrintStream out = new PrintStream(System.out, true, "UTF-8");
  for (String line; (line = in.readLine()) != null; ) {
    String[] part = line.split("\\t", -1);
    String text;
    try { text = DateTimeFormatter.ofPattern(part[2], Locale.ROOT).format(Instant.ofEpochSecond(Long.parseLong(part[0])).atZone(ZoneId.of(part[1]))); }
    catch (IllegalArgumentException refused) { text = "!"; }
    catch (DateTimeException | ClassCastException wideOrPaddedNumbers) { text = "?"; }
    catch (ArrayIndexOutOfBoundsException bug) { text = "!"; }
    out.println(text);
  }
}}`

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Calcutta',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Monrovia',
  'America/Port-au-Prince',
]
const LETTERS = 'GuyYMLdDQqwWEecFaBhKkHmsSAnNZXxOVg'
const SEPARATORS = ['-', '/', ' ', ':', "''", "'T'", "'it''s'", '[', ']', '.', 'é', 'p', 'pp', 'pppp']

function judged(cases: readonly (readonly [number, string, string])[]): readonly string[] | null {
  const directory = mkdtempSync(join(tmpdir(), 'judge-'))
  try {
    writeFileSync(join(directory, 'Judge.java'), JUDGE)
    const input = cases.map(one => one.join('\t')).join('\n')
    const run = spawnSync('java', [join(directory, 'Judge.java')], { input, maxBuffer: 1 << 28 })
    if (run.error !== undefined && 'code' in run.error && run.error.code === 'ENOENT') return null
    expect(run.stderr.toString()).toBe('')
    expect(run.error).toBeUndefined()
    return run.stdout.toString('utf8').trimEnd().split('\n').slice(0, cases.length)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function ours(instantSeconds: number, zone: string, pattern: string): string {
  const parsed = parseDatePattern(pattern, zone)
  const clock = zoneClockOf(zone)
  if (typeof parsed === 'string' || clock === null) return '!'
  return parsed.format(clock(instantSeconds * 1_000 + 999))
}

describe('date patterns', () => {
  it('print what java.time prints, and refuse what it refuses, for every letter and for random patterns', () => {
    const random = seededRandom(20_261_122)
    const pick = <T>(items: ArrayLike<T>): T => items[Math.floor(random.next() * items.length)] as T
    const instant = (): number => Math.floor(-3e8 + random.next() * 2.4e9)
    const cases: [number, string, string][] = []
    for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
      for (let count = 1; count <= 18; count++)
        for (const zone of letter === 'z' || letter === 'v' ? ['UTC', 'GMT'] : ['UTC', pick(ZONES), pick(ZONES)])
          cases.push([instant(), zone, letter.repeat(count)])
    for (let i = 0; i < 6_000; i++) {
      let pattern = ''
      for (let pieces = 1 + Math.floor(random.next() * 6); pieces > 0; pieces--)
        pattern +=
          random.next() < 0.3
            ? pick(SEPARATORS)
            : pick(LETTERS).repeat(1 + Math.floor(random.next() * random.next() * 5))
      cases.push([instant(), pick(ZONES), pattern])
    }
    // The days around New Year show the weeks, and hours around a change of clocks the offsets.
    for (let year = 1971; year < 2037; year++)
      for (let day = -4; day <= 4; day++) cases.push([Date.UTC(year, 0, 1 + day) / 1_000, 'UTC', 'YYYY-ww-W-e-D-EEE F'])
    for (let hour = 0; hour < 60; hour++) {
      cases.push([Date.UTC(2026, 2, 28, 12 + hour) / 1_000, 'Europe/Berlin', 'yyyy/MM/dd/HH xxx'])
      cases.push([Date.UTC(2026, 9, 31, 12 + hour) / 1_000, 'America/New_York', 'yyyy/MM/dd/HH xxx'])
      cases.push([Date.UTC(2026, 3, 4, 0, hour * 30) / 1_000, 'Australia/Lord_Howe', 'yyyy/MM/dd/HH:mm O'])
    }
    const expected = judged(cases)
    if (expected === null) {
      console.log('date patterns: not compared with java.time, as no java is installed')
      return
    }
    const wrong = cases.flatMap(([seconds, zone, pattern], index) => {
      const want = expected[index] ?? 'nothing'
      const got = ours(seconds, zone, pattern)
      // Java fails where a value is wider than its padding, and on some padded numbers side by side.
      return got === want || want === '?' ? [] : [{ seconds, zone, pattern, want, got }]
    })
    expect(wrong.slice(0, 20)).toEqual([])
    expect(cases.length).toBeGreaterThan(9_000)
    expect(expected.filter(text => text !== '!' && text !== '?').length).toBeGreaterThan(4_000)
  })

  it('refuse names of zones whose texts are not settled', () => {
    expect(parseDatePattern('zzz', 'Europe/Berlin')).toMatch('use VV or xxx')
    expect(ours(0, 'UTC', 'zzz v')).toBe('UTC UTC')
  })
})
