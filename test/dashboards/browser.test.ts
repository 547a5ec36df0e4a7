/** The live page in a real browser: charts move, hostile data stays text, nothing leaves the machine. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Clock, nodeEnv, type Schema } from '../../core/index.ts'
import { type LiveListener, LiveView, serveLive } from '../../dashboards/index.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { buildPage } from './support/page-build.ts'
import { batchOf, FULL_DASHBOARD, SHOP_DASHBOARD, SHOP_OUTPUTS, shopWindow } from './support/shop.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const WINDOW_MS = 5_000
/** Looks again until a statement holds; a busy machine may take a while, a broken page takes for ever. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })
/** When set, pictures of the page are written there. */
const pictures = process.env['MILLRACE_PICTURES']

const isThere = existsSync(CHROMIUM)
if (!isThere) console.log(`skipped: tests of the live page in a browser, since there is no ${CHROMIUM}`)

describe.runIf(isThere)('the live page in chromium', () => {
  let built: ReturnType<typeof buildPage>
  let context: BrowserContext
  let profile: string
  let listener: LiveListener | null = null

  beforeAll(async () => {
    built = buildPage()
    profile = mkdtempSync(join(tmpdir(), 'millrace-chromium-'))
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      viewport: { width: 1440, height: 1000 },
      // Half an hour off UTC, so that local time cannot be mistaken for it.
      timezoneId: 'Asia/Kolkata',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  })

  afterEach(async () => {
    for (const page of context.pages()) await page.close()
    await listener?.close()
    listener = null
  })

  afterAll(async () => {
    await context?.close()
    built?.remove()
    if (profile !== undefined) rmSync(profile, { recursive: true, force: true })
  })

  async function serve(view: LiveView, port = 0): Promise<LiveListener> {
    listener = await serveLive(view, nodeEnv, { port, pageDirectory: built.directory })
    return listener
  }

  /** Opens the page and collects what must not happen. */
  async function open(url: string): Promise<{ readonly page: Page; readonly problems: string[] }> {
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`)
    })
    page.on('pageerror', error => problems.push(`error: ${error.message}`))
    page.on('dialog', dialog => {
      problems.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', request => {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== 'data:' && origin !== new URL(url).origin) problems.push(`request to ${request.url()}`)
    })
    await page.addInitScript({
      content:
        "document.addEventListener('securitypolicyviolation', event => console.error('policy: ' + event.violatedDirective))",
    })
    await page.goto(url)
    return { page, problems }
  }

  function shopView(clock: Pick<Clock, 'now' | 'monotonicMs'> = nodeEnv.clock): {
    readonly view: LiveView
    readonly feed: (at: number) => void
  } {
    const view = new LiveView({ title: 'shop', outputs: SHOP_OUTPUTS, dashboard: SHOP_DASHBOARD, clock })
    const random = seededRandom(7)
    return {
      view,
      feed: at => {
        for (const [stream, batch] of shopWindow(at, () => random.next())) view.rows(stream, batch)
      },
    }
  }

  const shard = (index: number, behindMs: number, boundMs: number) => ({
    shardId: `shardId-${String(index).padStart(12, '0')}`,
    state: 'open' as const,
    recordsIn: 120_000 + index,
    behindMs,
    boundMs,
  })

  it('moves its charts as rows come in, without an error, a policy violation or a request to another host', async () => {
    const { view, feed } = shopView()
    const now = Math.floor(nodeEnv.clock.now() / WINDOW_MS) * WINDOW_MS
    for (let at = now - 280_000; at < now - WINDOW_MS; at += WINDOW_MS) feed(at)
    const { url } = await serve(view)
    const { page, problems } = await open(`${url}#views`)
    const plot = page.locator('[data-panel="p0"] .plot')
    await soon(() => plot.getAttribute('data-points')).toBe('165')
    const before = await picture(page, 'p0')
    const funnelBefore = await page.locator('[data-panel="p3"] .bar-value').first().textContent()
    feed(now - WINDOW_MS)
    feed(now)
    await soon(() => plot.getAttribute('data-points')).toBe('171')
    expect(await picture(page, 'p0')).not.toBe(before)
    expect(await page.locator('[data-panel="p3"] .bar-value').first().textContent()).not.toBe(funnelBefore)
    expect(await page.locator('[data-panel="p2"] .bar').count()).toBe(8)
    // The same canvas is drawn on: charts are not made anew for each update.
    await mark(page)
    feed(now + 1_000)
    await soon(() => plot.getAttribute('data-points')).toBe('174')
    expect(await page.locator('[data-panel="p0"] canvas[data-mark="first"]').count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('can be read without a pointer: arrow keys walk over points in local time and UTC, buttons give a table', async () => {
    const { view, feed } = shopView()
    const now = Math.floor(nodeEnv.clock.now() / WINDOW_MS) * WINDOW_MS
    for (const ago of [20_000, 15_000, 10_000]) feed(now - ago)
    const { url } = await serve(view)
    const { page, problems } = await open(`${url}#views`)
    const plot = page.locator('[data-panel="p0"] .plot')
    await soon(() => plot.getAttribute('aria-label')).toMatch(
      /^Page views, last 5 min\. Newest values: mobile [\d,]+; /,
    )
    await plot.focus()
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    const at = now - 15_000
    const utc = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
    const local = new Date(at + 19_800_000).toISOString().slice(11, 19)
    expect(await plot.locator('.tip-time').textContent()).toBe(`${local} ${utc} UTC`)
    expect(await plot.locator('.tip-lines .number').count()).toBe(3)
    await page.keyboard.press('Escape')
    expect(await plot.locator('.tip').isHidden()).toBe(true)
    await page.locator('[data-panel="p0"] button.quiet').focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('[data-panel="p0"] tbody tr').count()).toBe(3)
    expect(await page.locator('[data-panel="p0"] tbody th').nth(1).getAttribute('title')).toBe(`${utc} UTC`)
    await page.locator('#theme').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.keyboard.press('Enter')
    expect(await page.locator('html').getAttribute('data-theme')).toBeNull()
    for (const name of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(name).count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('says in words and cells which shard is behind, and looks right in light, dark and narrow', async () => {
    // Five minutes pass before the page is opened, so that everything has a course to draw.
    let ago = 300_000
    const clock = {
      now: () => nodeEnv.clock.now() - ago,
      monotonicMs: () => nodeEnv.clock.monotonicMs() - ago,
    }
    const { view, feed } = shopView(clock)
    const random = seededRandom(11)
    const total = { recordsIn: 1_400_000, rowsOut: 3_000, errorRows: 0 }
    const report = (behindMs: number): void => {
      total.recordsIn += Math.round(1_100 + 300 * random.next())
      total.rowsOut += random.next() < 0.2 ? 22 : 0
      total.errorRows += random.next() < 0.03 ? 1 : 0
      const watermarkMs = clock.now() - 280 - Math.round(60 * random.next())
      view.status({
        ...total,
        watermarkMs,
        behindMs,
        shards: [0, 1, 2, 3].map(index => shard(index, index === 3 ? behindMs : 0, watermarkMs)),
        nextCloseAt: {},
      })
      view.publish()
    }
    for (; ago > 0; ago -= 250) {
      if (ago % WINDOW_MS === 0) feed(Math.floor(clock.now() / WINDOW_MS) * WINDOW_MS)
      report(ago > 180_000 && ago < 190_000 ? 4_000 * random.next() : 0)
    }
    const { url } = await serve(view)
    const { page, problems } = await open(url)
    const now = clock.now()
    for (let index = 0; index < 37; index++)
      view.add({
        name: index % 4 === 0 ? 'CAST_ERROR' : 'PARSE_ERROR',
        message:
          index % 4 === 0 ? 'cannot cast "12,5" to DECIMAL(12,2)' : 'record is not JSON: unexpected end at byte 118',
        rowtime: now,
        data: Buffer.from('{"page":"/shoes","user":"u-10442","price":"12,5"'),
        position: null,
        pump: index % 4 === 0 ? 'REVENUE_PUMP' : null,
      })
    const feeding = setInterval(() => report(0), 250)
    try {
      await soon(() => page.locator('#sentence').textContent()).toMatch(
        /events\/s, up to date, watermark 0\.\d s behind the clock$/,
      )
      if (pictures !== undefined) {
        await page.waitForTimeout(3_000)
        await page.emulateMedia({ colorScheme: 'light' })
        await page.waitForTimeout(700)
        await page.screenshot({ path: join(pictures, 'light.png'), fullPage: true })
        await page.locator('[data-panel="p0"] .u-over').hover({ position: { x: 300, y: 80 } })
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.waitForTimeout(700)
        await page.screenshot({ path: join(pictures, 'dark.png'), fullPage: true })
        await page.setViewportSize({ width: 900, height: 900 })
        await page.waitForTimeout(700)
        await page.screenshot({ path: join(pictures, 'medium.png'), fullPage: true })
      }
      await page.setViewportSize({ width: 400, height: 900 })
      await page.waitForTimeout(700)
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'narrow.png'), fullPage: true })
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      await page.emulateMedia({ colorScheme: 'light' })
      await page.setViewportSize({ width: 1440, height: 1000 })
    } finally {
      clearInterval(feeding)
    }
    report(41_000)
    await soon(() => page.locator('#sentence').textContent()).toContain('shard 3 is 41 s behind the tip')
    expect(await page.locator('.shard').nth(3).getAttribute('data-level')).toBe('warn')
    expect(await page.locator('.shard').nth(3).getAttribute('aria-label')).toContain('41 s behind')
    expect(problems).toEqual([])
  })

  it('keeps hostile names and values as text that runs nothing and widens nothing', async () => {
    const hostile = [
      '<script>window.hacked = 1</script>',
      '</script><img src=x onerror="window.hacked = 1">',
      '"><svg onload=alert(1)>',
      '\u202Eright to left\u202E \u2067isolate',
      'x'.repeat(10_000),
      '',
      "'; DROP TABLE users; --",
      '\u0000\u0007\u001b[31m',
      '__proto__',
    ]
    const schema: Schema = {
      columns: [
        { name: hostile[0] ?? '', type: { kind: 'VARCHAR', length: 65_534 }, nullable: true },
        { name: hostile[4] ?? '', type: { kind: 'INTEGER' }, nullable: true },
      ],
    }
    const outputs = new Map([
      [hostile[1] ?? '', schema],
      [hostile[3] ?? '', schema],
    ])
    const [label, value] = schema.columns.map(column => column.name)
    const stream = hostile[1] ?? ''
    const view = new LiveView({
      title: hostile[1] ?? '',
      outputs,
      clock: nodeEnv.clock,
      dashboard: {
        title: hostile[0] ?? '',
        panels: [
          {
            kind: 'timeSeries',
            title: hostile[0] ?? '',
            description: hostile[4] ?? '',
            stream,
            value: value ?? '',
            series: label ?? '',
            topN: 8,
          },
          { kind: 'top', title: hostile[4] ?? '', stream, value: value ?? '', series: label ?? '' },
          {
            kind: 'funnel',
            title: hostile[3] ?? '',
            stream,
            value: value ?? '',
            series: label ?? '',
            steps: hostile.slice(0, 5),
          },
          { kind: 'table', title: hostile[1] ?? '', stream },
          { kind: 'stat', title: hostile[2] ?? '', stream, value: value ?? '' },
        ],
      },
    })
    const { urlWithToken } = await serve(view)
    const { page, problems } = await open(urlWithToken.replace('#', '#views?'))
    const rows = hostile.map((text, index) => [text, 100 - index])
    for (const name of outputs.keys()) view.rows(name, batchOf(schema, nodeEnv.clock.now() - 1_000, rows))
    for (const text of hostile)
      view.add({ name: 'PARSE_ERROR', message: text, rowtime: 0, data: Buffer.from(text), position: null, pump: text })
    view.status({
      recordsIn: 1,
      rowsOut: 1,
      errorRows: 9,
      watermarkMs: 8.7e15,
      behindMs: 0,
      shards: [{ shardId: hostile[1] ?? '', state: 'open', recordsIn: 1, behindMs: 0, boundMs: -8.7e15 }],
    })
    view.rows(stream, batchOf(schema, nodeEnv.clock.now(), rows))
    await soon(() => page.locator('[data-panel="p1"] .bar').count()).toBe(9)
    await page.locator('[data-panel="p0"] .u-over').hover({ position: { x: 10, y: 80 } })
    await page.locator('[data-panel="p0"] button.quiet').click()
    await soon(() => page.locator('[data-panel="p0"] table').count()).toBe(1)
    expect(await page.locator('[data-panel="p1"] .bar-label').first().textContent()).toBe(hostile[0])
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    expect(await page.locator('main script, main img, bdi svg').count()).toBe(0)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'hostile.png'), fullPage: true })
    await page.setViewportSize({ width: 400, height: 900 })
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    for (const tab of ['Bad events', 'Overview']) {
      await page.getByRole('link', { name: tab }).click()
      if (tab === 'Bad events') await soon(() => page.locator('#error-samples li').count()).toBe(9)
      expect(await page.locator('main script, main img, bdi svg').count()).toBe(0)
      expect(await overflow(page)).toBeLessThanOrEqual(0)
    }
    expect(await page.evaluate('window.hacked')).toBeUndefined()
    await page.setViewportSize({ width: 1440, height: 1000 })
    expect(problems).toEqual([])
  })

  it('takes the token out of the address, and shows raw rows with it only', async () => {
    const { view } = shopView()
    view.add({
      name: 'PARSE_ERROR',
      message: 'record is not JSON',
      rowtime: 0,
      data: Buffer.from('raw secret'),
      position: null,
      pump: null,
    })
    const { url, urlWithToken, token } = await serve(view)
    const without = await open(`${url}#bad-events`)
    await soon(() => without.page.locator('#error-counts tr').count()).toBe(1)
    expect(await without.page.locator('#token-form').isVisible()).toBe(true)
    expect(await without.page.content()).not.toContain('raw secret')
    const given = await open(urlWithToken)
    expect(given.page.url()).toBe(url)
    await given.page.getByRole('link', { name: 'Bad events' }).click()
    await soon(() => given.page.locator('#error-samples').textContent()).toContain('raw secret')
    expect(given.page.url()).toBe(`${url}#bad-events`)
    expect(await given.page.content()).not.toContain(token)
    await without.page.locator('#token-input').fill(token)
    await without.page.locator('#token-form button').click()
    await soon(() => without.page.locator('#error-samples').textContent()).toContain('raw secret')
    expect([...without.problems, ...given.problems]).toEqual([])
  })

  it('keeps a choice over tabs, says what it leaves out, and draws what is off the screen too', async () => {
    const clock = nodeEnv.clock
    const view = new LiveView({ title: 'shop', outputs: SHOP_OUTPUTS, dashboard: FULL_DASHBOARD, clock })
    const random = seededRandom(7)
    for (const ago of [20_000, 15_000, 10_000])
      for (const [stream, batch] of shopWindow(clock.now() - ago, () => random.next())) view.rows(stream, batch)
    view.publish()
    const { url } = await serve(view)
    const { page, problems } = await open(`${url}#views?device=mobile`)
    await page.setViewportSize({ width: 1440, height: 400 })
    await soon(() => page.locator('[data-panel="p0"] .plot').getAttribute('data-points')).toBe('3')
    expect(await page.locator('[data-panel="p0"]').getAttribute('data-all-rows')).toBeNull()
    expect(await page.locator('[data-panel="p2"]').getAttribute('data-all-rows')).toBe(
      'all rows: Device is not in its stream',
    )
    const last = page.locator(`[data-panel="p${FULL_DASHBOARD.panels.length - 1}"]`)
    await soon(() => last.locator('.plot').getAttribute('data-points')).toBe('3')
    expect(await page.evaluate('scrollY')).toBe(0)
    await page.getByRole('link', { name: 'Overview', exact: true }).click()
    expect(await page.getByTestId('choice').textContent()).toBe('rows with Device: mobile only, as chosen under Views')
    expect(await page.locator('.card').first().getAttribute('href')).toBe('#views?device=mobile')
    await page.getByRole('link', { name: 'Views', exact: true }).click()
    expect(page.url()).toBe(`${url}#views?device=mobile`)
    expect(await page.locator('select[data-variable="device"]').inputValue()).toBe('mobile')
    view.end({ ok: true, sentence: 'ended', facts: [] })
    await soon(() => page.locator('select[data-variable="device"]').isDisabled()).toBe(true)
    await page.setViewportSize({ width: 1440, height: 1000 })
    expect(problems).toEqual([])
  })

  it('reconnects after a lost connection and goes on with the same chart', async () => {
    const { view, feed } = shopView()
    const now = Math.floor(nodeEnv.clock.now() / WINDOW_MS) * WINDOW_MS
    feed(now - 20_000)
    const first = await serve(view)
    const { page } = await open(`${first.url}#views`)
    await soon(() => page.locator('#connection').getAttribute('data-state')).toBe('live')
    await mark(page)
    await first.close()
    await soon(() => page.locator('#connection').getAttribute('data-state')).toBe('reconnecting')
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'reconnecting.png') })
    feed(now - 10_000)
    await serve(view, first.port)
    await soon(() => page.locator('#connection').getAttribute('data-state')).toBe('live')
    await soon(() => page.locator('[data-panel="p0"] .plot').getAttribute('data-points')).toBe('6')
    expect(await page.locator('[data-panel="p0"] canvas[data-mark="first"]').count()).toBe(1)
  })

  it('says when the first window closes, and shows the final report once the pipeline has ended', async () => {
    const { view } = shopView()
    const { url } = await serve(view)
    const { page, problems } = await open(`${url}#views`)
    const closeAt = Math.ceil((nodeEnv.clock.now() + 60_000) / 60_000) * 60_000
    view.status({
      recordsIn: 12,
      rowsOut: 0,
      errorRows: 0,
      watermarkMs: closeAt - 90_000,
      behindMs: 0,
      shards: [shard(0, 0, closeAt - 90_000)],
      nextCloseAt: { PAGE_VIEWS: closeAt },
    })
    await soon(() => page.locator('[data-panel="p0"] .panel-empty').textContent()).toMatch(
      /^first window closes at \d\d:\d\d:00, in/,
    )
    expect(await page.locator('[data-panel="p2"] .panel-empty').textContent()).toBe('no rows yet')
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'empty.png') })
    view.end({
      ok: true,
      sentence: 'ended: 12 events in, 0 rows out, nothing lost',
      facts: [{ name: 'events', value: '12' }],
    })
    await soon(() => page.locator('#connection').getAttribute('data-state')).toBe('ended')
    await page.getByRole('link', { name: 'Overview' }).click()
    expect(await page.locator('#sentence').textContent()).toBe('ended: 12 events in, 0 rows out, nothing lost')
    expect(await page.locator('#report').textContent()).toContain('events12')
    expect(problems).toEqual([])
  })
})

// Code for the browser is given as text: the types of a browser are not those of these tests.

/** What a panel's canvas shows, as a picture in text. */
function picture(page: Page, panel: string): Promise<string> {
  return page.evaluate(`document.querySelector('[data-panel="${panel}"] canvas').toDataURL()`)
}

/** Marks the first panel's canvas, to be found again if it is still the same one. */
async function mark(page: Page): Promise<void> {
  await page.evaluate(`document.querySelector('[data-panel="p0"] canvas').setAttribute('data-mark', 'first')`)
}

/** How many pixels the page is wider than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
