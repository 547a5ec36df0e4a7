/** Sets of code points: a table for the first 256, a predicate for the rest. */

const TABLE_SIZE = 256

export class CharacterSet {
  /** 1 for the members below 256 */
  readonly table = new Uint8Array(TABLE_SIZE)
  readonly #beyond: (point: number) => boolean

  /** @param accepts asked once for each of the first 256 code points, later for the others only */
  constructor(accepts: (point: number) => boolean) {
    for (let point = 0; point < TABLE_SIZE; point++) if (accepts(point)) this.table[point] = 1
    this.#beyond = accepts
  }

  has(point: number): boolean {
    return point < TABLE_SIZE ? this.table[point] === 1 : this.#beyond(point)
  }
}

export function single(point: number): CharacterSet {
  return new CharacterSet(other => other === point)
}

/** Both ends included. */
export function range(from: number, to: number): CharacterSet {
  return new CharacterSet(point => point >= from && point <= to)
}

export function union(sets: readonly CharacterSet[]): CharacterSet {
  const [only] = sets
  return sets.length === 1 && only !== undefined ? only : new CharacterSet(point => sets.some(set => set.has(point)))
}

export function intersection(a: CharacterSet, b: CharacterSet): CharacterSet {
  return new CharacterSet(point => a.has(point) && b.has(point))
}

export function complement(set: CharacterSet): CharacterSet {
  return new CharacterSet(point => !set.has(point))
}

/**
 * The set with the other case of its members: of ASCII letters only, or of all letters with a simple other case.
 * As in Java, a range takes part as a range: `[Z-a]` without case holds z and A.
 */
export function caseless(set: CharacterSet, unicode: boolean): CharacterSet {
  if (!unicode) {
    return new CharacterSet(point => {
      if (set.has(point)) return true
      const letter = point | 0x20
      return letter >= 0x61 && letter <= 0x7a && set.has(point ^ 0x20)
    })
  }
  return new CharacterSet(point => {
    const upper = mapped(point, text => text.toUpperCase())
    return set.has(point) || set.has(upper) || set.has(mapped(upper, text => text.toLowerCase()))
  })
}

/** A code point after a mapping that must not change its length; one that does leaves it as it is. */
function mapped(point: number, map: (text: string) => string): number {
  const text = map(String.fromCodePoint(point))
  const first = text.codePointAt(0) ?? point
  return text.length === (first > 0xffff ? 2 : 1) ? first : point
}

export const EVERY = new CharacterSet(() => true)
export const DIGIT = range(0x30, 0x39)
/** `\s`: blank, tab, line feed, vertical tab, form feed, carriage return */
export const SPACE = new CharacterSet(point => point === 0x20 || (point >= 9 && point <= 13))
export const WORD = new CharacterSet(
  point => DIGIT.has(point) || point === 0x5f || ((point | 0x20) >= 0x61 && (point | 0x20) <= 0x7a && point < 0x80),
)
/** `\h` */
export const HORIZONTAL_SPACE = new CharacterSet(
  point =>
    point === 9 ||
    point === 0x20 ||
    point === 0xa0 ||
    point === 0x1680 ||
    point === 0x180e ||
    (point >= 0x2000 && point <= 0x200a) ||
    point === 0x202f ||
    point === 0x205f ||
    point === 0x3000,
)
/** `\v`: everything that ends a line, with vertical tab and form feed */
export const VERTICAL_SPACE = new CharacterSet(
  point => (point >= 10 && point <= 13) || point === 0x85 || point === 0x2028 || point === 0x2029,
)
/** What `.` leaves out: the line ends of Java. */
export const LINE_END = new CharacterSet(
  point => point === 10 || point === 13 || point === 0x85 || point === 0x2028 || point === 0x2029,
)

const LOWER = range(0x61, 0x7a)
const UPPER = range(0x41, 0x5a)
const ALPHA = union([LOWER, UPPER])
const ALNUM = union([ALPHA, DIGIT])
const PUNCT = new CharacterSet(point => point > 0x20 && point < 0x7f && !ALNUM.has(point))
const GRAPH = union([ALNUM, PUNCT])

/** The POSIX classes of `\p{...}`, ASCII only. */
const POSIX: Readonly<Record<string, CharacterSet>> = {
  Lower: LOWER,
  Upper: UPPER,
  ASCII: range(0, 0x7f),
  Alpha: ALPHA,
  Digit: DIGIT,
  Alnum: ALNUM,
  Punct: PUNCT,
  Graph: GRAPH,
  Print: new CharacterSet(point => point === 0x20 || GRAPH.has(point)),
  Blank: new CharacterSet(point => point === 0x20 || point === 9),
  Cntrl: new CharacterSet(point => point < 0x20 || point === 0x7f),
  XDigit: new CharacterSet(
    point => DIGIT.has(point) || ((point | 0x20) >= 0x61 && (point | 0x20) <= 0x66 && point < 0x80),
  ),
  Space: SPACE,
}

/** Unicode general categories, and the properties and scripts that logs are searched by. */
const CATEGORIES = new Set(
  'L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn'.split(' '),
)
const PROPERTIES: Readonly<Record<string, string>> = {
  IsAlphabetic: 'Alphabetic',
  IsLowercase: 'Lowercase',
  IsUppercase: 'Uppercase',
  IsIdeographic: 'Ideographic',
  IsWhite_Space: 'White_Space',
  IsDigit: 'Nd',
  IsPunctuation: 'P',
  javaLowerCase: 'Lowercase',
  javaUpperCase: 'Uppercase',
  IsLatin: 'Script=Latin',
  IsGreek: 'Script=Greek',
  IsCyrillic: 'Script=Cyrillic',
  IsHebrew: 'Script=Hebrew',
  IsArabic: 'Script=Arabic',
  IsHan: 'Script=Han',
  IsHiragana: 'Script=Hiragana',
  IsKatakana: 'Script=Katakana',
  IsHangul: 'Script=Hangul',
  IsThai: 'Script=Thai',
}

/**
 * The set of `\p{name}`, or null where no such name is known.
 * @param ignoreCase Lower and Upper then mean letters of either case
 */
export function namedSet(name: string, ignoreCase: boolean): CharacterSet | null {
  if (ignoreCase && (name === 'Lower' || name === 'Upper')) return ALPHA
  if (Object.hasOwn(POSIX, name)) return POSIX[name] ?? null
  const category = name.replace(/^Is(?=[A-Z][a-z]?$)/, '')
  if (CATEGORIES.has(category)) {
    const cased = ignoreCase && (category === 'Lu' || category === 'Ll' || category === 'Lt')
    return unicodeSet(cased ? 'LC' : category)
  }
  return Object.hasOwn(PROPERTIES, name) ? unicodeSet(PROPERTIES[name] ?? '') : null
}

/** The host knows Unicode; it is asked about one code point at a time, never with a pattern from outside. */
function unicodeSet(property: string): CharacterSet {
  const is = new RegExp(`^\\p{${property}}$`, 'u')
  return new CharacterSet(point => is.test(String.fromCodePoint(point)))
}

const LETTER_OR_DIGIT = /^[\p{L}\p{Nd}]$/u

/** What `\b` calls a word: `_`, letters and digits of all scripts (Java before 19, which KDA ran). */
export function isWordPoint(point: number): boolean {
  if (point < 0x80) return WORD.has(point)
  return LETTER_OR_DIGIT.test(String.fromCodePoint(point))
}
