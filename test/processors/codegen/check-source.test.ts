/** What the checker of generated code lets through, and what not. */
import { describe, expect, test } from 'vitest'
import { checkSource, SOURCE_CHARACTERS_MAX, UnsafeSource } from '../../../processors/codegen/check-source.ts'
import { compileSource } from '../../../processors/codegen/compile-source.ts'

const PARAMETERS = ['k', 'f', 'c', 'w', 's', 'm']

describe('lets through', () => {
  test.each([
    'return 0;',
    'const k0 = k[0];\nconst f0 = f[0];\nconst c0 = c[0];\nconst w0 = w[0];\nreturn 1;',
    'let i0 = 0;\nfor (; i0 < m; i0++) {\nconst r1 = (s[i0]) | 0;\ncontinue;\n}\nreturn 0;',
    'const f0 = f[0];\nconst v1 = f0(1, 2.5, 1e21, 1.5e-7, (-3)) / 2;\nreturn v1;',
    'const c0 = c[0];\nconst w0 = w[0];\nlet o = 0;\nw0[o] = c0[o + 1];\no++;\nw0[o] += 1;\nw0[o] |= 2;\nreturn o;',
    'let v0 = 0;\nif (v0 === 0 && !(v0 >= 1) || v0 !== 2) { v0 = 1; } else { v0 = 2; }\nreturn v0 ? 1 : 0;',
    'let w3 = w[3];\nw3 = w[3];\nreturn true;',
    'let j1 = (k[1] + 1) | 0;\nj1 = (j1 >> 1) | 0;\nreturn null;',
    'const c0 = c[0];\nlet j0 = 0;\nlet i1 = 0;\nconst v1 = c0[j0 * 4 + i1 & 3];\nreturn v1;',
  ])('%j', source => {
    expect(() => checkSource(PARAMETERS, source)).not.toThrow()
    // And it is JavaScript.
    expect(() => compileSource(PARAMETERS, source)).not.toThrow()
  })
})

describe('refuses', () => {
  test.each([
    ['a string', `return 'a';`],
    ['a string in double quotes', 'return "a";'],
    ['a template', 'return `a`;'],
    ['a template with code', 'return `${0}`;'],
    ['a comment', 'return 0; // a'],
    ['a comment in the middle', 'return /* a */ 0;'],
    ['the beginning of an HTML comment', 'let v0 = 0;\nlet v1 = v0 <!--v0;'],
    ['the end of an HTML comment', 'let v0 = 1;\n--> v0'],
    ['a backslash', 'return v\\u0030;'],
    ['a property', 'return k.length;'],
    ['an optional property', 'return k?.[0];'],
    ['a property by a text', 'const k0 = k[0];\nreturn c[k0];'],
    ['a property by a value', 'let v0 = 0;\nreturn c[v0];'],
    ['a property by a property', 'return c[k[0]];'],
    ['a property by a call', 'const f0 = f[0];\nreturn c[f0(0)];'],
    ['an index that may be no whole number', 'let i0 = k[0];\nreturn c[i0];'],
    ['an index that becomes another value', 'let i0 = 0;\ni0 = k[0];\nreturn c[i0];'],
    ['an index that grows by a value', 'let i0 = 0;\ni0 += k[0];\nreturn c[i0];'],
    ['an index whose end alone is whole', 'let i0 = (0) | 0, v1 = 0;\nreturn 0;'],
    ['an index made whole in one branch', 'let i0 = (0) ? k : (1) | 0;\nreturn 0;'],
    ['an index behind a comma', 'let i0 = (0), k | 0;'],
    ['an empty index', 'return k[];'],
    ['an array', 'return [1];'],
    ['an object', 'return {};'],
    ['an index into an expression', 'return (k)[0];'],
    ['an index into an element', 'return k[0][0];'],
    ['a name that is not declared', 'return v0;'],
    ['a name whose block has ended', 'if (m > 0) { let v0 = 0; }\nreturn v0;'],
    ['a name declared later', 'let v1 = v0;\nlet v0 = 0;'],
    ['an assignment to a name that is not declared', 'v0 = 1;'],
    ['a word', 'return arguments;'],
    ['a global', 'return globalThis;'],
    ['a name of capital letters', 'return K;'],
    ['this', 'return this;'],
    ['new', 'return new f(0);'],
    ['import', 'import(k);'],
    ['eval', 'eval(k);'],
    ['a function', 'function f1() { return 0; }'],
    ['an arrow', 'const v0 = m => m;'],
    ['a getter', 'return { get v0() { return 0; } };'],
    ['a call of an element', 'return f[0](1);'],
    ['a call of a value', 'let v0 = k[0];\nreturn v0(1);'],
    ['a call of a constant', 'const k0 = k[0];\nreturn k0(1);'],
    ['a call of what is in parentheses', 'const f0 = f[0];\nreturn (f0)(1);'],
    ['a call of the result of a call', 'const f0 = f[0];\nreturn f0(1)(2);'],
    ['a call of the vector of functions', 'return f(1);'],
    ['a function as a value', 'const f0 = f[0];\nreturn f0;'],
    ['a function that is another element', 'const f0 = f[1];'],
    ['a function that is a constant', 'const f0 = k[0];'],
    ['a constant that is computed', 'const k0 = 1 + 2;'],
    ['a vector that is something else', 'k = s;'],
    ['a vector that grows', 'k += 1;'],
    ['a write to a column that is read', 'const c0 = c[0];\nc0[0] = 1;'],
    ['a write to the rows', 's[0] = 1;'],
    ['a write to a vector', 'w[0] = 1;'],
    ['a write through parentheses', 'const w0 = w[0];\n(w0[0]) = 1;'],
    ['a write to several', '[v0, v1] = k;'],
    ['a decrement', 'let i0 = 0;\ni0--;'],
    ['an increment of an element', 'const w0 = w[0];\nw0[0]++;'],
    ['an increment in front', 'let i0 = 0;\n++i0;'],
    ['a power', 'return m ** 2;'],
    ['a regular expression', 'return /m/;'],
    ['a regular expression behind a head', 'if (m) /m/;'],
    ['a regular expression behind an operator', 'return m + /m/;'],
    ['a body without braces', 'if (m) return 0;'],
    ['an else without braces', 'if (m) { } else return 0;'],
    ['a declaration in the head of a loop', 'for (let i0 = 0; i0 < m; i0++) { }'],
    ['a declaration of two', 'let v0 = 0, v1 = 1;\nreturn v1;'],
    ['a declaration without value', 'let v0;'],
    ['a number with a suffix', 'return 1n;'],
    ['a number of another base', 'return 0x10;'],
    ['a number with a leading zero', 'return 010;'],
    ['a number with a property', 'return 1.toString;'],
    ['a number with two points', 'return 1..toString;'],
    ['a number that begins with a point', 'return .5;'],
    ['brackets that do not match', 'return (0];'],
    ['an end of the function', 'return 0; } {'],
    ['an open bracket', 'if (m) {'],
    ['a tab', 'return\t0;'],
    ['a line separator', 'return 0;\u2028'],
    ['a blank that is none', 'return\u00a00;'],
    ['a letter with an accent', 'let é = 0;'],
    ['a spread', 'const f0 = f[0];\nreturn f0(...k);'],
    ['a private name', 'return #v0 in k;'],
    ['a tagged template', 'const f0 = f[0];\nf0`a`;'],
  ])('%s', (_name, source) => {
    expect(() => checkSource(PARAMETERS, source)).toThrow(UnsafeSource)
  })

  test('parameters with other names', () => {
    for (const name of ['this', 'K', 'k k', 'k=1', ''])
      expect(() => checkSource([name], 'return 0;')).toThrow(UnsafeSource)
  })

  test('a text that is too long', () => {
    expect(() => checkSource([], ' '.repeat(SOURCE_CHARACTERS_MAX + 1))).toThrow(UnsafeSource)
  })
})
