/**
 * Builds the program once for all tests that run it as a user does, beside a copy of the manifest, so that no test depends on a
 * `dist` that somebody built earlier.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** path of the built command */
    readonly millrace: string
  }
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-built-'))
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), join(folder, 'dist')], { stdio: 'inherit' })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  project.provide('millrace', join(folder, 'dist/cli/main.js'))
  return () => rmSync(folder, { recursive: true, force: true })
}
