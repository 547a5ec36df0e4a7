/** The program of docs/consumer.md runs as it stands. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { CONSUMER_SETTINGS } from '../../../processors/index.ts'

const text = readFileSync(new URL('../../../docs/consumer.md', import.meta.url), 'utf8')

test('the program of the page runs with the package alone, and prints what it should', { timeout: 120_000 }, () => {
  const program = /```js\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
  writeFileSync(join(folder, 'program.mjs'), program)
  const { stdout, stderr, status } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' })
  rmSync(folder, { recursive: true, force: true })
  const clicks = Array.from({ length: 100 }, (_, i) => i)
    .filter(i => i % 7 === 3)
    .map(i => `click ${i}`)
  expect([status, stdout.split('\n')], stderr).toEqual([
    0,
    [...clicks, '100 records, and every checkpoint is saved', ''],
  ])
})

test('every setting that the page names is one', () => {
  const named = [...text.matchAll(/`([a-z]+[A-Za-z]*(?:Millis|InStream|Mode))`/g)].map(match => match[1] ?? '')
  expect(named.length).toBeGreaterThanOrEqual(4)
  for (const name of named) if (name !== 'checkpointIntervalMillis') expect(CONSUMER_SETTINGS).toContain(name)
})
