/** The demo as a user runs it: what it prints and delivers, how it ends, and what a browser shows of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { chromium, type Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import type { DemoReport } from '../../cli/demo-report.ts'
import { millrace, start } from './millrace.ts'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const folder = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function reportOf(name: string): DemoReport {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as DemoReport
}

/** Sum of a column over the Parquet files of a view, by a reader that is not ours. */
async function parquetSum(out: string, view: string, column: string): Promise<number> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const files = `${join(folder, out)}/parquet/${view}/**/*.parquet`
  const reader = await connection.runAndReadAll(`SELECT sum(${column})::DOUBLE FROM read_parquet('${files}')`)
  return Number(reader.getRows()[0]?.[0])
}

/** The table below a chart: a line for each window, `UTC device views`, in the order of their text. */
function tableOf(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const table = document.querySelector('.panel-timeSeries table')
    const [, ...devices] = [...table.querySelectorAll('thead th')].map(cell => cell.textContent)
    return [...table.querySelectorAll('tbody tr')].flatMap(row =>
      [...row.querySelectorAll('td')].flatMap((cell, index) =>
        cell.textContent === '–' ? [] : [row.querySelector('th').title + ' ' + devices[index] + ' ' + cell.textContent.replaceAll(',', '')],
      ),
    ).sort()
  })()`)
}

/** The same of the Parquet files. */
async function viewsByDevice(out: string): Promise<string[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const files = `${join(folder, out)}/parquet/PAGE_VIEWS/**/*.parquet`
  const reader = await connection.runAndReadAll(
    `SELECT strftime(window_start, '%Y-%m-%d %H:%M:%S') || ' UTC ' || device || ' ' || sum(views)::BIGINT
     FROM read_parquet('${files}') GROUP BY window_start, device`,
  )
  return reader
    .getRows()
    .map(([line]) => String(line))
    .sort()
}

describe('millrace demo', () => {
  it('takes 100,000 events from put to Parquet and loses none', async () => {
    const { code, stdout } = await millrace(
      [
        'demo',
        '--rate',
        '20000',
        // Twice what 100,000 take, for a machine that is busy with other tests.
        '--duration',
        '10s',
        '--port',
        '0',
        '--out',
        'many',
        '--report',
        'many.json',
        '--seed',
        '11',
      ],
      folder,
    )
    expect(stdout).toContain('nothing was lost')
    expect(code).toBe(0)
    const report = reportOf('many.json')
    expect(report.put).toBeGreaterThanOrEqual(100_000)
    expect(report.failed).toBe(0)
    expect(report.malformed).toBeGreaterThan(0)
    expect(report.errorRows).toBe(report.malformed)
    expect((await parquetSum('many', 'FUNNEL', 'events')) + report.errorRows).toBe(report.put)
    for (const view of ['PAGE_VIEWS', 'TOP_PAGES', 'FUNNEL', 'REVENUE', 'ERRORS'])
      expect(report.outputs[view]?.rows ?? 0).toBeGreaterThan(0)
  }, 120_000)

  it('says which port is taken, and how to choose another, and leaves nothing behind', async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const { code, stderr } = await millrace(['demo', '--port', String(port), '--out', 'taken'], folder)
    server.close()
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^millrace: port ${port} .*in use.*\n$`))
    expect(existsSync(join(folder, 'taken'))).toBe(false)
  })

  it.each([
    [['--rate', 'fast'], /--rate "fast" must be a whole number from 1 to/],
    [['--duration', 'soon'], /--duration "soon" is no duration; write one like 15s/],
    [['--port', '70000'], /--port "70000" must be a whole number from 0 to 65535/],
  ])('exits with 2 and one line for %j', async (args, message) => {
    const { code, stderr } = await millrace(['demo', ...args], folder)
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('drains on %s, reports, and exits with 0', async signal => {
    const out = `ended-${signal}`
    const demo = start(['demo', '--port', '0', '--out', out, '--report', `${out}.json`], folder)
    await demo.seen(/events in [1-9]/)
    demo.child.kill(signal)
    const { code, stdout } = await demo.ended
    expect(stdout).toContain('nothing was lost')
    expect(code).toBe(0)
    expect(reportOf(`${out}.json`).put).toBeGreaterThan(0)
  })

  it('moves its charts in a real browser without an error on the console', async ({ skip }) => {
    if (!existsSync(CHROMIUM)) {
      console.warn(`the demo is not looked at with a browser: no Chromium at ${CHROMIUM}`)
      return skip('no Chromium')
    }
    const demo = start(['demo', '--port', '0', '--out', 'seen', '--rate', '1000', '--duration', '40s'], folder)
    const [, url] = await demo.seen(/live page\s+(http:\S+)/)
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      const foreign: string[] = []
      page.on('console', message => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', error => complaints.push(error.message))
      page.on('request', request => {
        if (!request.url().startsWith(new URL(url ?? '').origin)) foreign.push(request.url())
      })
      await page.goto(url ?? '')
      await page.getByRole('link', { name: 'Views', exact: true }).click()
      const chart = page.locator('canvas').first()
      await chart.waitFor()
      const before = await chart.screenshot()
      await expect.poll(async () => Buffer.compare(before, await chart.screenshot()), { timeout: 30_000 }).not.toBe(0)
      for (const title of ['Page views', 'Top pages', 'Revenue', 'From view to purchase', 'Failed pages'])
        expect(await page.getByText(title, { exact: false }).count()).toBeGreaterThan(0)
      await page.getByRole('button', { name: 'Page views by device as a table' }).click()
      await page.getByRole('link', { name: 'Overview', exact: true }).click()
      await expect
        .poll(() => page.getByText('events/s').first().textContent(), { timeout: 10_000 })
        .toMatch(/[1-9][\d,.]* events\/s/)
      demo.child.kill('SIGTERM')
      expect((await demo.ended).code).toBe(0)
      await expect.poll(() => page.locator('#connection').getAttribute('data-state'), { timeout: 20_000 }).toBe('ended')
      await page.getByRole('link', { name: 'Views', exact: true }).click()
      // What the page shows in the end is what lies in the files, by a reader that is not ours.
      await expect.poll(() => tableOf(page), { timeout: 20_000 }).toEqual(await viewsByDevice('seen'))
      expect(complaints).toEqual([])
      expect(foreign).toEqual([])
    } finally {
      await browser.close()
      demo.child.kill('SIGTERM')
      expect((await demo.ended).code).toBe(0)
    }
  }, 90_000)
})
