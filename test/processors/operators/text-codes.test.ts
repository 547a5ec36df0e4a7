import { describe, expect, it } from 'vitest'
import { Dictionary } from '../../../core/dictionary.ts'
import { TextCodes } from '../../../processors/operators/text-codes.ts'

function dictionaryOf(...texts: readonly string[]): Dictionary {
  const dictionary = new Dictionary()
  for (const text of texts) dictionary.idOf(text)
  return dictionary
}

function translated(codes: TextCodes, dictionary: Dictionary, ids: readonly number[]): number[] {
  const into = new Int32Array(ids.length)
  const rows = Int32Array.from(ids.keys())
  codes.translate(Int32Array.from(ids), dictionary, rows, 0, ids.length, into, 0)
  return [...into]
}

describe('codes of texts', () => {
  it('are the ids of the first dictionary, also of texts that it gets later', () => {
    const codes = new TextCodes()
    const stream = dictionaryOf('a', 'b')
    expect(translated(codes, stream, [2, 0, 1])).toEqual([2, 0, 1])
    const later = stream.idOf('c')
    expect(translated(codes, stream, [later])).toEqual([later])
    expect(codes.codeOf('c')).toBe(later)
    expect(codes.dictionary).toBe(stream)
  })

  it('stay when texts of another dictionary come, and nothing is entered into somebody else’s', () => {
    const codes = new TextCodes()
    const first = dictionaryOf('a', 'b')
    const second = dictionaryOf('x', 'b')
    translated(codes, first, [1, 2])
    expect(translated(codes, second, [1, 2, 0])).toEqual([3, 2, 0])
    expect(translated(codes, first, [2, 1])).toEqual([2, 1])
    expect([first.size, second.size]).toEqual([3, 3])
    first.idOf('late')
    expect(translated(codes, first, [3])).toEqual([4])
    expect([1, 2, 3, 4].map(code => codes.dictionary.textOf(code))).toEqual(['a', 'b', 'x', 'late'])
  })

  it('stay when a text comes by itself', () => {
    const codes = new TextCodes()
    const stream = dictionaryOf('a')
    translated(codes, stream, [1])
    expect(codes.codeOf('z')).toBe(2)
    expect(codes.codeOf(null)).toBe(0)
    expect(stream.size).toBe(2)
    stream.idOf('y')
    expect(translated(codes, stream, [2, 1])).toEqual([3, 1])
  })

  it('begin anew with the dictionary that comes after a clear', () => {
    const codes = new TextCodes()
    translated(codes, dictionaryOf('a'), [1])
    codes.clear()
    const next = dictionaryOf('b', 'c')
    expect(translated(codes, next, [2])).toEqual([2])
    expect(codes.dictionary).toBe(next)
  })
})
