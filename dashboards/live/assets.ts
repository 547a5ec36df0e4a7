/** The files of the page, read once into memory: compiled modules, HTML, CSS, and uPlot from its installed package. */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Files, MillraceError } from '../../core/index.ts'

export interface Asset {
  readonly contentType: string
  readonly bytes: Uint8Array
  readonly gzipped: Uint8Array
  /** quoted, as the header wants it */
  readonly etag: string
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Where the build puts the page, beside this module. */
export function builtPageDirectory(): string {
  return fileURLToPath(new URL('./page', import.meta.url))
}

/**
 * The assets by their URL path; the page itself stands under `/`. Only what is in the map is ever served, so no path can
 * leave the directory.
 * @throws MillraceError `not_found` when the page was not built
 */
export async function loadAssets(files: Files, pageDirectory: string): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>()
  const names = await files.list(pageDirectory)
  if (!names.includes('index.html') || !names.includes('main.js'))
    throw new MillraceError('not_found', `the live page is not built in ${pageDirectory}; run "npm run build"`)
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/package.json'))
  const paths = new Map<string, string>([
    ['/assets/uPlot.esm.js', join(uplot, 'dist', 'uPlot.esm.js')],
    ['/assets/uPlot.min.css', join(uplot, 'dist', 'uPlot.min.css')],
  ])
  for (const name of names) {
    const path = join(pageDirectory, name)
    if (name === 'index.html') paths.set('/', path)
    else if (CONTENT_TYPES[extensionOf(name)] !== undefined) paths.set(`/assets/${name}`, path)
  }
  for (const [url, path] of paths) {
    const bytes = await files.readAll(path)
    assets.set(url, {
      contentType: CONTENT_TYPES[extensionOf(path)] ?? 'application/octet-stream',
      bytes,
      gzipped: gzipSync(bytes, { level: 9 }),
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    })
  }
  return assets
}

function extensionOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
