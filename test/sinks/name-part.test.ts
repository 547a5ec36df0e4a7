/** Hostile names (what data decides): all files below the root, one to one. `MILLRACE_NAMES=1000000` is the long run. */
import { resolve, sep } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodePart, encodePart, PART_BYTES_MAX } from '../../sinks/name-part.ts'
import { FileStore } from '../../sinks/stores/file.ts'
import { seededRandom } from '../support/memory-env.ts'
import { MemoryFiles } from '../support/memory-files.ts'
import { SimClock } from '../support/sim-clock.ts'

const COUNT = Number(process.env['MILLRACE_NAMES'] ?? 5_000)
const root = resolve('/lake')
const store = new FileStore({
  files: new MemoryFiles(new SimClock(), seededRandom(1)),
  clock: new SimClock(),
  directory: root,
})

function checked(value: string): string {
  const part = encodePart(value)
  if (!/^(?!\.)[A-Za-z0-9_=.%~-]{1,200}$/.test(part) || part.endsWith('.'))
    throw new Error(`part ${part} of ${JSON.stringify(value)}`)
  const path = store.pathOf(`c=${part}/x`)
  if (!path.startsWith(root + sep) || path.split(sep).length !== 4)
    throw new Error(`path ${path} of ${JSON.stringify(value)}`)
  const back = decodePart(part)
  if (back !== value && !(back === undefined && part.length > PART_BYTES_MAX - 6 && part.includes('~')))
    throw new Error(`${JSON.stringify(value)} comes back as ${JSON.stringify(back)} from ${part}`)
  return part
}

describe('names from data', () => {
  it('stay in their part of the key, and come back, for values that people try', () => {
    const values = [
      '../../etc/x',
      '..%2f',
      '/etc/passwd',
      'C:\\',
      '\\\\host',
      '\0',
      'x'.repeat(300),
      '😀',
      '.',
      '..',
      '...',
      'a/b',
      'CON',
      'con',
      'nul.txt',
      'LPT1',
      'e\u0301',
      'é',
      '',
      '__EMPTY__',
      '__NULL__',
      '%00',
      '%',
      '~',
      'a~b',
      'a.',
      ' ',
      '\n',
      '\u202e',
      '!{timestamp:yyyy}',
      'ü'.repeat(100),
    ]
    expect(new Set(values.map(checked)).size).toBe(values.length)
    expect(decodePart(encodePart(null))).toBeNull()
    for (const foreign of ['%zz', 'a/b', '..', '%41', '', 'CON', '%ff', 'é'])
      expect(decodePart(foreign)).toBeUndefined()
  })

  it(`stay there for ${COUNT} random values, no two of which have one part`, () => {
    const random = seededRandom(20_261_128)
    const pieces = [
      '.',
      '..',
      '/',
      '\\',
      '%',
      '%2e',
      '%00',
      '\0',
      'a',
      'CON',
      '~',
      ' ',
      '=',
      ':',
      '😀',
      'é',
      'e\u0301',
      '\r\n',
      '__EMPTY__',
      '-',
      '\u2028',
      '\uffff',
    ]
    const parts = new Map<string, string>()
    for (let count = 0; count < COUNT; count++) {
      let value = ''
      for (let left = random.below(random.below(8) === 0 ? 120 : 9); left > 0; left--)
        value += random.below(3) === 0 ? String.fromCodePoint(random.below(0xd7ff)) : random.pick(pieces)
      const part = checked(value)
      // A million values take memory; the first ones are enough to meet each other.
      if (parts.size > 200_000) continue
      expect(parts.get(part) ?? value).toBe(value)
      parts.set(part, value)
    }
    expect(parts.size).toBeGreaterThan(COUNT / 4 > 200_000 ? 150_000 : COUNT / 4)
  }, 900_000)
})
