// Builds dist: node code, page code, and the page's static files. Used by `prepare`, so it needs nothing but dev dependencies.
// node scripts/build.mjs [DIR]: builds into another directory than dist.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.argv[2] ?? join(root, 'dist'))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

rmSync(out, { recursive: true, force: true })
for (const project of ['tsconfig.build.json', 'tsconfig.page.json']) {
  const run = spawnSync(process.execPath, [tsc, '-p', join(root, project), '--outDir', out], { stdio: 'inherit' })
  if (run.status !== 0) process.exit(run.status ?? 1)
}

// What is not TypeScript goes along as it is: the page's HTML and CSS, and the SQL and schemas of the examples.
const copied = {
  'cli/question': /\.mjs$/,
  'dashboards/live/page': /\.(html|css|svg)$/,
  examples: /(\.(sql|json|md|html|css)|^shop\.js|millrace\.config\.ts)$/,
}
for (const [directory, pattern] of Object.entries(copied)) copyTree(directory, pattern)
// What answers questions about results runs in a thread of its own. As a dependency it would bring hundreds of packages that nobody
// needs, so its browser build lies in dist, with its notice in THIRD_PARTY_NOTICES.
const alasql = dirname(createRequire(import.meta.url).resolve('alasql'))
cpSync(join(alasql, 'alasql.min.js'), join(out, 'cli/question/alasql.cjs'))
const bin = join(out, 'cli/main.js')
if (existsSync(bin)) chmodSync(bin, 0o755)

function copyTree(directory, pattern) {
  for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) copyTree(path, pattern)
    else if (pattern.test(entry.name)) {
      mkdirSync(join(out, directory), { recursive: true })
      cpSync(join(root, path), join(out, path))
    }
  }
}
