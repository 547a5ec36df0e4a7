/** The tracker in a real browser, posting to a real collector from the demo's own shop page. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeEnv } from '../../core/index.ts'
import {
  type BadEvent,
  type CollectorListener,
  type CollectorPage,
  serveCollector,
  type UserRecordInput,
} from '../../producers/index.ts'
import { buildPage } from '../dashboards/support/page-build.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const isThere = existsSync(CHROMIUM)
if (!isThere) console.log(`skipped: the tracker in a browser, since there is no ${CHROMIUM}`)
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })
const shop = join(import.meta.dirname, '../../examples/clickstream/page')

let built: ReturnType<typeof buildPage>
beforeAll(() => {
  built = buildPage()
})
afterAll(() => built?.remove())

test('the tracker is below 2 KB gzipped, and a script that leaves one name behind', () => {
  const source = readFileSync(built.tracker)
  expect(gzipSync(source, { level: 9 }).length).toBeLessThan(2_048)
  expect(source.toString()).not.toMatch(/^(import|export)\b/m)
})

describe.runIf(isThere)('the tracker in chromium', () => {
  let context: BrowserContext
  let profile: string
  let listener: CollectorListener
  let stored: Record<string, unknown>[]
  let bad: BadEvent[]
  let problems: string[]

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'millrace-tracker-'))
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    })
  })
  afterAll(async () => {
    await context?.close()
    if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
  })
  beforeEach(async () => {
    stored = []
    bad = []
    problems = []
    const page = (file: string, contentType: string): CollectorPage => ({
      contentType,
      bytes: readFileSync(join(shop, file)),
    })
    listener = await serveCollector({
      env: nodeEnv,
      port: 0,
      trackerPath: built.tracker,
      onBad: event => bad.push(event),
      producer: {
        put: async (record: UserRecordInput) => {
          stored.push(JSON.parse(Buffer.from(record.data).toString()) as Record<string, unknown>)
          return { shardId: 's', sequenceNumber: '1', subsequenceNumber: 0, attempts: [] }
        },
      },
      pages: new Map([
        ['/', page('index.html', 'text/html; charset=utf-8')],
        ['/shop.css', page('shop.css', 'text/css')],
        ['/shop.js', page('shop.js', 'text/javascript')],
        [
          '/consent',
          {
            contentType: 'text/html',
            bytes: Buffer.from(
              '<link rel="icon" href="data:,"><script src="/tracker.js" data-consent="required"></script>',
            ),
          },
        ],
      ]),
    })
  })
  afterEach(async () => {
    for (const page of context.pages().slice(1)) await page.close()
    await listener.close()
  })

  async function open(path = ''): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(`${listener.url}${path}`)
    return page
  }

  const names = (): unknown[] => stored.map(event => event['event_name'])

  test('what a visitor does in the shop arrives, in order, as one session of one visitor', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Look' }).first().click()
    await page.getByRole('button', { name: 'Add' }).nth(1).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.getByRole('button', { name: 'Pay' }).click()
    await soon(() => names().length).toBeGreaterThanOrEqual(7)
    expect(names().slice(0, 7)).toEqual([
      'session_start',
      'page_view',
      'page_view',
      'view_item',
      'add_to_cart',
      'begin_checkout',
      'purchase',
    ])
    expect(stored.at(6)).toMatchObject({
      value: 129,
      currency: 'EUR',
      page_path: '/checkout',
      device: 'desktop',
      session_number: 1,
    })
    expect(new Set(stored.map(event => event['user_pseudo_id'])).size).toBe(1)
    expect(new Set(stored.map(event => event['event_id'])).size).toBe(stored.length)
    // the same visitor, the same session, on another page of the site
    const before = stored.length
    await open()
    await soon(() => stored.length).toBeGreaterThan(before)
    expect(stored.at(-1)?.['session_id']).toBe(stored[0]?.['session_id'])
    expect(problems).toEqual([])
    expect(await context.cookies()).toEqual([])
  })

  test('a page that is left sends what it still holds', async () => {
    const page = await open()
    await page.goto('about:blank')
    await soon(names).toEqual(expect.arrayContaining(['page_view', 'page_leave']))
  })

  test('a broken event is a bad event with its reason', async () => {
    const page = await open()
    await page.getByRole('button', { name: 'Send a broken event' }).click()
    await soon(() => bad.map(({ reason }) => reason)).toEqual([
      'event_name is "not a name!"; give a letter and up to 39 letters, digits and _',
    ])
  })

  test('nothing is sent before consent, and nothing after it was taken back', async () => {
    const page = await open('consent')
    const consent = (given: boolean): Promise<void> =>
      page.evaluate(
        answer => (globalThis as unknown as { millrace: { consent(given: boolean): void } }).millrace.consent(answer),
        given,
      )
    await page.evaluate(() => (globalThis as unknown as { millrace(name: string): void }).millrace('click'))
    expect(await page.evaluate('localStorage.getItem("millrace")')).toBeNull()
    await consent(true)
    await soon(names).toContain('page_view')
    expect(names()).not.toContain('click')
    await consent(false)
    expect(await page.evaluate('localStorage.getItem("millrace")')).toBeNull()
    expect(problems).toEqual([])
  })

  test('a collector that was away gets the events when it is back', async () => {
    const page = await open()
    await soon(names).toContain('page_view')
    await page.evaluate('navigator.sendBeacon = () => false')
    const { port } = listener
    await listener.close()
    await page.getByRole('button', { name: 'Look' }).first().click()
    await page.waitForTimeout(6_000)
    const again = await serveCollector({
      env: nodeEnv,
      port,
      trackerPath: built.tracker,
      onBad: event => bad.push(event),
      producer: {
        put: async record => {
          stored.push(JSON.parse(Buffer.from(record.data).toString()) as Record<string, unknown>)
          return { shardId: 's', sequenceNumber: '1', subsequenceNumber: 0, attempts: [] }
        },
      },
    })
    await soon(names).toContain('view_item')
    await again.close()
  })
})
