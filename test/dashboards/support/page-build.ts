/** Compiles the live page into a temporary directory, as the build does into dist. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const source = join(root, 'dashboards/live/page')

/** The directory that holds index.html and main.js, the compiled tracker, and what removes them. */
export function buildPage(): { readonly directory: string; readonly tracker: string; readonly remove: () => void } {
  const out = mkdtempSync(join(tmpdir(), 'millrace-page-'))
  const run = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.page.json', '--outDir', out], {
    cwd: root,
    encoding: 'utf8',
  })
  if (run.status !== 0) throw new Error(`the page does not compile: ${run.stdout}`)
  const directory = join(out, 'dashboards/live/page')
  for (const name of readdirSync(source).filter(name => /\.(html|css|svg)$/.test(name)))
    cpSync(join(source, name), join(directory, name))
  const tracker = join(out, 'producers/collect/tracker/tracker.js')
  return { directory, tracker, remove: () => rmSync(out, { recursive: true, force: true }) }
}
