/** The demo's shop as a page: a visitor's own clicks go through the collector into the stream, beside those of the synthetic ones. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Env, ErrorRow } from '../core/index.ts'
import { type CollectorListener, type CollectorPage, type EventPutter, serveCollector } from '../producers/index.ts'

const FILES = [
  { path: '/', file: 'index.html', contentType: 'text/html; charset=utf-8' },
  { path: '/shop.css', file: 'shop.css', contentType: 'text/css; charset=utf-8' },
  { path: '/shop.js', file: 'shop.js', contentType: 'text/javascript; charset=utf-8' },
] as const

/** @param onBad gets what the collector could not take, as rows of the error output */
export async function serveShop(options: {
  readonly env: Pick<Env, 'clock' | 'files' | 'network'>
  readonly port: number
  readonly producer: EventPutter
  readonly onBad: (row: ErrorRow) => void
}): Promise<CollectorListener> {
  const { env, port, producer, onBad } = options
  const folder = fileURLToPath(new URL('../examples/clickstream/page/', import.meta.url))
  const pages = new Map<string, CollectorPage>()
  for (const { path, file, contentType } of FILES)
    pages.set(path, { contentType, bytes: await env.files.readAll(join(folder, file)) })
  return serveCollector({
    env,
    port,
    producer,
    pages,
    onBad: ({ reason, receivedAt, data }) =>
      onBad({
        name: 'PARSE_ERROR',
        message: `/collect: ${reason}`,
        rowtime: receivedAt,
        data,
        position: null,
        pump: null,
      }),
  })
}
