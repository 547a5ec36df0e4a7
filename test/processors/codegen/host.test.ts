/** A host that forbids code from strings gets the interpreter, and the same rows. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const SCRIPT = join(import.meta.dirname, 'run-program.mjs')

/** What a program gives in a process of its own. */
async function inProcess(
  ...options: readonly string[]
): Promise<{ allowed: boolean; functions: number; rows: unknown[]; errors: unknown[] }> {
  const { stdout } = await run(process.execPath, [...options, SCRIPT], { encoding: 'utf8' })
  return JSON.parse(stdout) as Awaited<ReturnType<typeof inProcess>>
}

test('a program runs without code from strings as it runs with it', async () => {
  const [free, forbidden] = await Promise.all([inProcess(), inProcess('--disallow-code-generation-from-strings')])
  expect(free.allowed).toBe(true)
  expect(free.functions).toBeGreaterThan(0)
  expect(forbidden.allowed).toBe(false)
  expect(forbidden.functions).toBe(0)
  expect(free.rows.length).toBeGreaterThan(1)
  expect(free.errors.length).toBe(1)
  expect([forbidden.rows, forbidden.errors]).toEqual([free.rows, free.errors])
}, 600_000)
