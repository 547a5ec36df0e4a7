/** The plan of the running pipeline as a graph: what goes through it, where it waits, and the rows of any edge. */
import type { FlowMessage } from '../flow/flow-protocol.ts'
import { dataText, el, setAttribute, setText } from './dom.ts'
import { edgeWords, FlowGraphView } from './flow-graph.ts'
import { FlowRows } from './flow-rows.ts'
import { FlowSql } from './flow-sql.ts'
import { waterWords } from './flow-words.ts'
import { formatBytes, formatValue } from './format.ts'
import type { Page, PageContext } from './page.ts'
import { askServer, poll } from './server.ts'

const REFRESH_MS = 1_000

export class FlowPage implements Page {
  readonly id = 'flow'
  readonly title = 'Flow'
  #stop: () => void = () => {}

  mount(root: HTMLElement, context: PageContext): void {
    const sentence = el('span', { id: 'flow-sentence' }, 'asking for the plan')
    const verdict = el(
      'p',
      { class: 'sentence flow-verdict', role: 'status' },
      el('span', { class: 'dot', 'aria-hidden': 'true' }),
      sentence,
    )
    const rows = new FlowRows(context)
    let last: FlowMessage | null = null
    const sql = new FlowSql(nodes => graph.mark(nodes))
    const chosen = (): string | null => context.parameter('edge')
    const show = (): void => {
      if (last === null) return
      const edge = last.edges.find(({ id }) => id === chosen())
      rows.show(edge?.id ?? null, edge === undefined ? '' : edgeWords(edge))
      graph.update(last, edge?.id ?? null)
    }
    const graph = new FlowGraphView({
      hover: node => sql.mark(node),
      choose(edge) {
        context.setParameter('edge', edge)
        show()
      },
    })
    const figures = el('tbody')
    root.append(
      verdict,
      el('section', { class: 'panel flow-panel', 'aria-label': 'Plan' }, graph.element, legend()),
      el('div', { class: 'flow-below' }, rows.element, sql.element),
      figuresPanel(figures),
    )
    const refresh = async (): Promise<void> => {
      const answer = await askServer<FlowMessage>('/api/v1/flow', context)
      if (answer.kind === 'refused' && last === null) setText(sentence, 'this pipeline tells no plan')
      if (answer.kind === 'token') setText(sentence, 'this needs the token that was printed at the start')
      if (answer.kind !== 'value') return
      last = answer.value
      const { bottleneck } = last
      setText(sentence, bottleneck?.sentence ?? 'nothing holds the pipeline up')
      setAttribute(verdict, 'data-level', bottleneck === null ? 'ok' : 'warn')
      sql.update(last)
      show()
      showFigures(figures, last)
      await rows.refresh()
    }
    this.#stop = poll(REFRESH_MS, refresh)
  }

  unmount(): void {
    this.#stop()
  }
}

function legend(): HTMLElement {
  const entry = (name: string, words: string): HTMLElement =>
    el('li', {}, el('span', { class: `flow-swatch ${name}`, 'aria-hidden': 'true' }), words)
  return el(
    'ul',
    { class: 'flow-legend muted' },
    entry('flow-swatch-busy', 'busy'),
    entry('flow-swatch-blocked', 'blocked by what is behind it'),
    entry('flow-swatch-idle', 'idle'),
    entry('flow-swatch-guilty', 'the bottleneck'),
  )
}

function figuresPanel(body: HTMLElement): HTMLElement {
  const names = [
    'node',
    'kind',
    'in',
    'out',
    'rows in',
    'rows out',
    'bad rows',
    'busy',
    'blocked',
    'idle',
    'state',
    'watermark',
  ]
  const head = names.map((name, index) => el('th', { scope: 'col', class: index < 2 ? null : 'end' }, name))
  return el(
    'section',
    { class: 'panel flow-figures', 'aria-label': 'Figures' },
    el(
      'div',
      { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Figures of each node' },
      el(
        'table',
        {},
        el('caption', { class: 'unseen' }, 'Figures of each node'),
        el('thead', {}, el('tr', {}, ...head)),
        body,
      ),
    ),
  )
}

function showFigures(body: HTMLElement, { nodes, now, bottleneck }: FlowMessage): void {
  body.replaceChildren(
    ...nodes.map(node => {
      const cells = [
        formatValue(node.inPerSecond, 'perSecond'),
        formatValue(node.outPerSecond, 'perSecond'),
        formatValue(node.rowsIn, 'count'),
        formatValue(node.rowsOut, 'count'),
        formatValue(node.errorRows, 'count'),
        `${node.busy} %`,
        `${node.blocked} %`,
        `${node.idle} %`,
        node.stateBytes === null ? '–' : formatBytes(node.stateBytes),
        waterWords(node, now, true) || '–',
      ]
      return el(
        'tr',
        { 'data-node': node.id, ...(bottleneck?.node === node.id ? { 'data-guilty': '' } : {}) },
        el('th', { scope: 'row' }, dataText(node.name, 'cell-text')),
        el('td', { class: 'muted' }, node.kind),
        ...cells.map(cell => el('td', { class: 'end number' }, cell)),
      )
    }),
  )
}
