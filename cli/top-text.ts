/** What `millrace top` shows, as lines. */
import type { FlowMessage, FlowNodeMessage, StatusMessage } from '../dashboards/index.ts'
import { terminalText } from './live-client.ts'
import { count, duration, size } from './terminal.ts'

export interface TopAnswers {
  readonly status: StatusMessage & { readonly title: string; readonly mode: 'live' | 'replay' }
  readonly flow: FlowMessage
}

export interface TopOptions {
  /** columns of the terminal; longer lines are cut */
  readonly width: number
  readonly colours: boolean
}

/** Cells of the bar that shows how a node spends its time. */
const BAR_CELLS = 20
const RED = '\x1b[31m'
const BOLD = '\x1b[1m'
const DIM = '\x1b[2m'

export function topLines({ status, flow }: TopAnswers, { width, colours }: TopOptions): readonly string[] {
  const paint = (code: string, line: string): string => {
    const cut = line.length > width ? `${line.slice(0, Math.max(1, width - 1))}…` : line
    return colours && code !== '' ? `${code}${cut}\x1b[0m` : cut
  }
  const { bottleneck, nodes, now } = flow
  const behind = (ms: number | null): string => (ms === null ? '–' : duration(Math.max(0, ms)))
  const table = tableOf([
    ['node', 'kind', 'in/s', 'out/s', 'busy', 'blocked', 'idle', '', 'state', 'late by', 'bad'],
    ...nodes.map(node => [
      `${bottleneck?.node === node.id ? '! ' : ''}${terminalText(node.name).slice(0, 40)}`,
      node.kind,
      rate(node.inPerSecond),
      rate(node.outPerSecond),
      `${node.busy} %`,
      `${node.blocked} %`,
      `${node.idle} %`,
      barOf(node),
      node.stateBytes === null ? '–' : size(node.stateBytes),
      node.watermarkMs === null ? '–' : behind(now - node.watermarkMs),
      count(node.errorRows),
    ]),
  ])
  const shards = tableOf([
    ['shard', 'state', 'records', 'behind'],
    ...status.shards.map(({ shardId, state, recordsIn, behindMs }) => [
      terminalText(shardId),
      state,
      count(recordsIn),
      behind(behindMs),
    ]),
  ])
  const guilty = nodes.findIndex(({ id }) => id === bottleneck?.node)
  return [
    paint(BOLD, `${terminalText(status.title)}  ${terminalText(status.sentence)}`),
    paint(
      '',
      `records ${count(status.recordsIn)} (${rate(status.recordsPerSecond)}/s)  rows ${count(status.rowsOut)} (${rate(status.rowsPerSecond)}/s)  bad rows ${count(status.errorRows)}  behind ${behind(status.behindMs)}  watermark ${behind(status.watermarkLagMs)} behind the clock`,
    ),
    paint(bottleneck === null ? DIM : RED, terminalText(bottleneck?.sentence ?? 'nothing holds the pipeline up')),
    '',
    ...table.map((line, index) => paint(index === 0 ? DIM : index - 1 === guilty ? RED : '', line)),
    '',
    ...shards.map((line, index) => paint(index === 0 ? DIM : '', line)),
    ...(status.shardsHidden > 0 ? [paint(DIM, `and ${count(status.shardsHidden)} more`)] : []),
  ]
}

/** `####++....`: busy, blocked, idle. */
function barOf({ busy, blocked }: FlowNodeMessage): string {
  const full = Math.round((busy / 100) * BAR_CELLS)
  const waiting = Math.min(BAR_CELLS - full, Math.round((blocked / 100) * BAR_CELLS))
  return `${'#'.repeat(full)}${'+'.repeat(waiting)}${'.'.repeat(BAR_CELLS - full - waiting)}`
}

function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : count(value)
}

/** The first two columns to the left, numbers to the right. */
function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
