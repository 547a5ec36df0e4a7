/** What `millrace top` does on a terminal when the pipeline ends, or never was. */
import { describe, expect, it } from 'vitest'
import { watch } from '../../cli/top.ts'
import type { TopAnswers } from '../../cli/top-text.ts'
import { MillraceError } from '../../core/index.ts'

const ANSWERS = {
  status: { title: 'clicks', sentence: 'reading; 12 rows so far', shards: [], shardsHidden: 0, report: null },
  flow: { now: 0, sql: '', bottleneck: null, nodes: [], edges: [] },
} as unknown as TopAnswers

function screen() {
  const written: string[] = []
  return { columns: 80, rows: 24, written, write: (text: string) => written.push(text) }
}

const gone = async (): Promise<never> => {
  throw new MillraceError('not_found', 'no pipeline answers')
}

describe('millrace top on a terminal', () => {
  it('ends with the last words of the pipeline and 0 when it answers no more', async () => {
    const output = screen()
    let asked = 0
    expect(await watch(async () => (asked++ === 0 ? ANSWERS : gone()), 1, output)).toBe(0)
    expect(output.written.slice(-2)).toEqual(['\x1b[?25h\x1b[?1049l', 'reading; 12 rows so far\n'])
  })

  it('fails where no pipeline ever answered, and gives the screen back', async () => {
    const output = screen()
    await expect(watch(gone, 1, output)).rejects.toMatchObject({ code: 'not_found' })
    expect(output.written.at(-1)).toBe('\x1b[?25h\x1b[?1049l')
  })
})
