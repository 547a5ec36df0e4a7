/** Runs the program of a page of docs/ as a user would: in an empty folder, with the built package alone. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'

/** @param page name of a file in docs/, such as `consumer.md` */
export function pageText(page: string): string {
  return readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
}

/**
 * Runs a program of a page.
 * @param index of the program among those of the page, from 0
 * @returns its exit code, the lines that it printed, and what it complained of
 */
export function runPageProgram(
  page: string,
  index = 0,
): { code: number | null; lines: readonly string[]; stderr: string } {
  const program = [...pageText(page).matchAll(/```js\n([\s\S]*?)```/g)][index]?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(dirname(dirname(dirname(inject('millrace')))), join(folder, 'node_modules/millrace'))
    writeFileSync(join(folder, 'program.mjs'), program)
    const { stdout, stderr, status } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, encoding: 'utf8' })
    return { code: status, lines: stdout.split('\n'), stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
