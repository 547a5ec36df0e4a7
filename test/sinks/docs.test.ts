/** The program of docs/delivery.md runs as it stands. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'

const text = readFileSync(new URL('../../docs/delivery.md', import.meta.url), 'utf8')

test('the program of the page runs with the package alone, and delivers what it should', { timeout: 120_000 }, () => {
  const program = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
  writeFileSync(join(folder, 'program.mjs'), program)
  const { stdout, stderr, status } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true, force: true })
  expect([status, stdout.split('\n')], stderr).toEqual([
    0,
    ['1 clicks/kind=view', '1 clicks/kind=buy', '1 errors/processing-failed', ''],
  ])
})
