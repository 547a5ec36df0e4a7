/** Hostile names and literals reach no generated text; planted mistakes that let them are found. */
import { afterEach, expect, test, vi } from 'vitest'
import { checkSource, UnsafeSource } from '../../../processors/codegen/check-source.ts'
import { CodeWriter } from '../../../processors/codegen/code-writer.ts'
import { Emitter } from '../../../processors/codegen/emitter.ts'
import type { Operand } from '../../../processors/codegen/operand.ts'
import type { Expression } from '../../../processors/sql/expression.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { attack, CANARY } from './attack-queries.ts'

// A busy machine takes its time; nothing here waits.
vi.setConfig({ testTimeout: 600_000 })

afterEach(() => vi.restoreAllMocks())

test('programs of hostile names and literals run as they read, and nothing else runs', () => {
  const { ran, withRows } = attack(1, 300)
  // What is refused by the SQL front end proves nothing here.
  expect(ran).toBeGreaterThan(270)
  expect(withRows).toBeGreaterThan(120)
})

/** Mistakes that an emitter could make: each pastes something of the program into the text. */
const PLANTS: Readonly<Record<string, (text: string, n: number) => string>> = {
  'a literal in quotes': (text, n) => `const v9${n} = '${text}';`,
  'a literal in double quotes, escaped as JSON': (text, n) => `const v9${n} = ${JSON.stringify(text)};`,
  'a literal in a template, back ticks escaped': (text, n) => `const v9${n} = \`${text.replaceAll('`', '\\`')}\`;`,
  'a name as a comment': text => `/* ${text.replaceAll('*/', '')} */`,
  'a name as a comment to the end of the line': text => `// ${text.replaceAll('\n', ' ')}`,
  'a name as a property': (text, n) => `const v9${n} = k.${text.replaceAll(/[^A-Za-z_]/g, '')};`,
  'a name as a key': (text, n) => `const v9${n} = k[${JSON.stringify(text)}];`,
  'a name as an identifier': text => `const ${text.replaceAll(/[^A-Za-z0-9_$]/g, '_')} = 0;`,
  'a literal as it is': text => text,
}

test.each(Object.entries(PLANTS))('a planted mistake is found: %s', (_name, plant) => {
  const original = Reflect.get(Emitter.prototype, 'emit') as (expression: Expression) => Operand
  let planted = 0
  vi.spyOn(Emitter.prototype, 'emit').mockImplementation(function (this: Emitter, expression: Expression) {
    for (const text of textsOf(expression)) this.code.line(plant(text, planted++))
    return original.call(this, expression)
  })
  // The limit is that of the requirement; one or two queries are enough.
  expect(() => attack(2, 10_000)).toThrow(UnsafeSource)
  expect(planted).toBeLessThan(10_000)
  expect(Reflect.has(globalThis, CANARY)).toBe(false)
})

function textsOf(expression: Expression): readonly string[] {
  const own = expression.kind === 'literal' && typeof expression.value === 'string' ? [expression.value] : []
  return 'left' in expression ? [...own, ...textsOf(expression.left), ...textsOf(expression.right)] : own
}

test('whatever hostile text is put anywhere into generated code, the checker refuses it', () => {
  const sources: string[] = []
  const original = Reflect.get(CodeWriter.prototype, 'source') as () => string
  vi.spyOn(CodeWriter.prototype, 'source').mockImplementation(function (this: CodeWriter) {
    sources.push(original.call(this))
    return sources.at(-1)!
  })
  attack(3, 40)
  expect(sources.length).toBeGreaterThan(40)
  const parameters = ['k', 'f', 'c', 'w', 's', 'm']
  const hostile = [
    "'x'",
    '"x"',
    '`x`',
    '\\',
    '//',
    '/*',
    '*/',
    '<!--',
    '-->',
    '--',
    '.x',
    '?.',
    '=>',
    '...',
    '#x',
    '@',
    'this',
    'new',
    'import',
    'eval',
    'Function',
    'constructor',
    'prototype',
    '__proto__',
    'globalThis',
    'function',
    'class',
    'typeof',
    'delete',
    'in',
    'of',
    'async',
    'await',
    'yield',
    'var',
    'with',
    'throw',
    'try',
    'undefined',
    'NaN',
    'Infinity',
    'arguments',
    '\u2028',
    '\u00a0',
    '\ufeff',
    '\t',
    '\r',
    '\0',
    'é',
    '0x1',
    '0b1',
    '1n',
    '1_0',
    '.5',
    '01',
  ]
  const random = seededRandom(4)
  for (const source of sources) {
    checkSource(parameters, source)
    for (let n = 0; n < 50; n++) {
      const at = random.below(source.length + 1)
      const text = `${source.slice(0, at)} ${random.pick(hostile)} ${source.slice(at)}`
      expect(() => checkSource(parameters, text), text).toThrow(UnsafeSource)
    }
  }
})
