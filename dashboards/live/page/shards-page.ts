/** Every shard: who reads it, how far, how fast, when it will have caught up, and what it was made of. */
import type { ShardRowMessage, ShardsMessage } from '../shards/shard-protocol.ts'
import { dataText, el, setText } from './dom.ts'
import { formatDuration, formatValue } from './format.ts'
import type { Page, PageContext } from './page.ts'
import { askServer, poll } from './server.ts'

const REFRESH_MS = 1_000
/** Rows that are drawn; the worst come first when there are more. */
const ROWS_MAX = 500
const COLUMNS = [
  'shard',
  'state',
  'owner',
  'behind',
  'caught up in',
  'records/s',
  'share',
  'records',
  'sequence number',
]

export class ShardsPage implements Page {
  readonly id = 'shards'
  readonly title = 'Shards'
  #stop: () => void = () => {}

  mount(root: HTMLElement, context: PageContext): void {
    const words = el('p', { class: 'panel-note', role: 'status' }, 'asking for the shards')
    const body = el('tbody', { id: 'shard-rows' })
    const head = COLUMNS.map((name, index) => el('th', { scope: 'col', class: index > 2 ? 'end' : null }, name))
    root.append(
      el(
        'section',
        { class: 'panel flow-figures', 'aria-label': 'Shards' },
        el(
          'header',
          { class: 'panel-head shards-head' },
          el('div', { class: 'panel-words' }, el('h2', { class: 'panel-title' }, 'Shards'), words),
        ),
        el(
          'div',
          { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Shards' },
          el('table', {}, el('caption', { class: 'unseen' }, 'Shards'), el('thead', {}, el('tr', {}, ...head)), body),
        ),
      ),
    )
    this.#stop = poll(REFRESH_MS, async () => {
      const answer = await askServer<ShardsMessage>('/api/v1/shards', context)
      if (answer.kind === 'token') setText(words, 'this needs the token that was printed at the start')
      if (answer.kind === 'refused') setText(words, 'this pipeline tells no shards')
      if (answer.kind !== 'value') return
      const { shards } = answer.value
      setText(words, sentenceOf(shards))
      const depths = depthsOf(shards)
      const shown =
        shards.length <= ROWS_MAX
          ? shards
          : [...shards].sort((a, b) => (b.behindMs ?? 0) - (a.behindMs ?? 0)).slice(0, ROWS_MAX)
      body.replaceChildren(...shown.map(shard => rowOf(shard, depths.get(shard.shardId) ?? 0)))
    })
  }

  unmount(): void {
    this.#stop()
  }
}

function sentenceOf(shards: readonly ShardRowMessage[]): string {
  const open = shards.filter(({ state }) => state === 'open')
  const holder = shards.find(({ holdsWatermark }) => holdsWatermark)
  const hottest = open.reduce<ShardRowMessage | null>(
    (most, shard) => ((shard.sharePercent ?? 0) > (most?.sharePercent ?? 0) ? shard : most),
    null,
  )
  const parts = [
    `${formatValue(open.length, 'count')} open of ${formatValue(shards.length, 'count')}`,
    holder === undefined || open.length < 2 ? '' : `${holder.shardId} holds the watermark`,
    // Even shares are nobody's heat.
    hottest === null || open.length < 2 || (hottest.sharePercent ?? 0) < 150 / open.length
      ? ''
      : `${hottest.shardId} is hot: ${formatValue(hottest.sharePercent, 'percent')} of the records`,
  ]
  return parts.filter(part => part !== '').join('; ')
}

/** How many splits and merges lie before each shard; parents stand before children. */
function depthsOf(shards: readonly ShardRowMessage[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  for (const { shardId, parents } of shards)
    depths.set(shardId, parents.length === 0 ? 0 : Math.max(...parents.map(parent => depths.get(parent) ?? 0)) + 1)
  return depths
}

function rowOf(shard: ShardRowMessage, depth: number): HTMLElement {
  const { shardId, state, owner, behindMs, etaMs, isFallingBack, recordsPerSecond, sharePercent, recordsIn } = shard
  const from = shard.parents.length === 0 ? '' : `made of ${shard.parents.join(' and ')}`
  const eta = isFallingBack ? 'falls back' : etaMs === null ? '–' : etaMs === 0 ? 'at its tip' : formatDuration(etaMs)
  const level = isFallingBack ? 'bad' : etaMs === 0 || etaMs === null ? 'ok' : 'warn'
  const name = `${'\u00a0\u00a0'.repeat(Math.min(depth, 12))}${depth === 0 ? '' : '└ '}${shardId}`
  const number = (text: string): HTMLElement => el('td', { class: 'end number' }, text)
  return el(
    'tr',
    { 'data-shard': shardId, 'data-level': state === 'open' ? level : state },
    el('th', { scope: 'row', title: from === '' ? shardId : `${shardId}, ${from}` }, dataText(name, 'cell-text')),
    el('td', {}, shard.holdsWatermark ? `${state}, holds the watermark` : state),
    el('td', { title: owner ?? '' }, owner === null ? '–' : dataText(owner, 'cell-text')),
    number(behindMs === null ? '–' : formatDuration(behindMs)),
    number(state === 'open' ? eta : '–'),
    number(formatValue(recordsPerSecond, 'perSecond')),
    number(sharePercent === null ? '–' : formatValue(sharePercent, 'percent')),
    number(formatValue(recordsIn, 'count')),
    el(
      'td',
      { class: 'end number', title: shard.sequenceNumber ?? '' },
      shard.sequenceNumber === null ? '–' : dataText(shard.sequenceNumber, 'cell-text'),
    ),
  )
}
