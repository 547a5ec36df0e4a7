/** What a user installs: how much it is, and that the published package works in an empty folder. */
import { execFile, execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const run = promisify(execFile)

function folderBytes(path: string): number {
  const entry = lstatSync(path)
  if (!entry.isDirectory()) return entry.size
  return readdirSync(path).reduce((sum, name) => sum + folderBytes(join(path, name)), 0)
}

function packagesIn(nodeModules: string): number {
  const lock = JSON.parse(readFileSync(join(nodeModules, '.package-lock.json'), 'utf8')) as {
    packages: Record<string, unknown>
  }
  return Object.keys(lock.packages).length
}

describe('npm ci', () => {
  const nodeModules = join(root, 'node_modules')

  it('brings at most 300 packages', () => {
    const packages = packagesIn(nodeModules)
    expect(packages).toBeGreaterThan(10)
    expect(packages).toBeLessThanOrEqual(300)
  })

  it('brings at most 300 MB', () => {
    const megabytes = folderBytes(nodeModules) / 1e6
    expect(megabytes).toBeGreaterThan(10)
    expect(megabytes).toBeLessThanOrEqual(300)
  })

  it('records no download address in the lock files', () => {
    for (const lock of ['package-lock.json', 'test/oracles/package-lock.json'])
      expect(readFileSync(join(root, lock), 'utf8')).not.toContain('"resolved"')
  })
})

describe('the packed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'))
  let reachable = true

  beforeAll(async () => {
    // Packs the checkout as `npm publish` would: notices and dist are made on the way.
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      maxBuffer: 64e6,
    })
    const packed = JSON.parse(stdout.slice(stdout.indexOf('\n[') + 1)) as
      | { filename: string }[]
      | Record<string, { filename: string }>
    const tarball = Object.values(packed)[0]?.filename ?? ''
    writeFileSync(join(folder, 'package.json'), '{"name":"somebody","private":true}')
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, tarball)], {
        cwd: folder,
      })
    } catch (error) {
      reachable = false
      console.warn(
        `tests of the installed tarball are skipped: npm install failed here (${String(error).split('\n')[0]})`,
      )
    }
  }, 240_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('installs at most 80 packages', ({ skip }) => {
    if (!reachable) return skip('npm install failed here')
    const packages = packagesIn(join(folder, 'node_modules'))
    expect(packages).toBeGreaterThan(3)
    expect(packages).toBeLessThanOrEqual(80)
  })

  it('carries the notices of what it installs, and no tests', ({ skip }) => {
    if (!reachable) return skip('npm install failed here')
    const own = join(folder, 'node_modules/millrace')
    expect(readFileSync(join(own, 'THIRD_PARTY_NOTICES'), 'utf8')).toContain('hyparquet-writer')
    // It lies in dist.
    expect(readFileSync(join(own, 'THIRD_PARTY_NOTICES'), 'utf8')).toMatch(/alasql 4\.\d+\.\d+ \(MIT\)\n\nMIT License/)
    expect(readdirSync(join(own, 'dist/cli/question'))).toContain('alasql.cjs')
    expect(readdirSync(join(folder, 'node_modules'))).not.toContain('alasql')
    expect(readdirSync(own).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'THIRD_PARTY_NOTICES',
      'dist',
      'package.json',
    ])
  })

  it('runs the demo in an empty folder and ends with 0 after a clean drain', async ({ skip }) => {
    if (!reachable) return skip('npm install failed here')
    const { stdout } = await run('npx', ['millrace', 'demo', '--duration', '5s', '--port', '0'], {
      cwd: folder,
      timeout: 90_000,
    })
    expect(stdout).toMatch(/nothing was lost/)
    expect(readdirSync(join(folder, 'millrace-data')).length).toBeGreaterThan(0)
  }, 120_000)

  it('has types and code for every room', async ({ skip }) => {
    if (!reachable) return skip('npm install failed here')
    const rooms = [
      'millrace',
      'millrace/core',
      'millrace/streams',
      'millrace/producers',
      'millrace/processors',
      'millrace/sinks',
      'millrace/dashboards',
    ]
    writeFileSync(
      join(folder, 'use.mjs'),
      rooms
        .map(
          (room, i) =>
            `import * as r${i} from '${room}'\nif (Object.keys(r${i}).length === 0) throw new Error('${room} is empty')`,
        )
        .join('\n'),
    )
    await run(process.execPath, ['use.mjs'], { cwd: folder })
    writeFileSync(
      join(folder, 'use.mts'),
      rooms
        .map((room, i) => `import * as r${i} from '${room}'\nexport const k${i}: number = Object.keys(r${i}).length`)
        .join('\n'),
    )
    execFileSync(
      process.execPath,
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2023',
        '--types',
        'node',
        '--typeRoots',
        join(root, 'node_modules/@types'),
        'use.mts',
      ],
      { cwd: folder, stdio: 'pipe' },
    )
  }, 60_000)
})
