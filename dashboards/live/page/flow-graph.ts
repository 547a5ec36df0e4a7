/** The graph of a pipeline in SVG. Nodes and edges are buttons: reachable by keyboard, with all their figures in words. */
import type { FlowEdgeMessage, FlowMessage, FlowNodeMessage } from '../flow/flow-protocol.ts'
import { el, setAttribute, setText, svg } from './dom.ts'
import { type FoldedFlow, foldStreams } from './flow-fold.ts'
import { type FlowLayout, type LaidNode, layoutFlow, NODE_HEIGHT } from './flow-layout.ts'
import { nodeWords, waterWords } from './flow-words.ts'
import { formatBytes, formatValue } from './format.ts'

export interface GraphListener {
  /** a node is pointed at or focused; null: none is */
  hover(node: string | null): void
  /** an edge was chosen */
  choose(edge: string): void
}

/** Characters of a name that fit a pixel of a node's width, about. */
const CHARACTERS_PER_PIXEL = 0.118

export class FlowGraphView {
  readonly element = el('div', {
    class: 'flow-scroll',
    tabindex: '0',
    role: 'region',
    'aria-label': 'The plan as a graph',
  })
  readonly #listener: GraphListener
  readonly #nodes = new Map<string, SVGGElement>()
  #into: ReadonlyMap<string, string> = new Map()
  readonly #edges = new Map<string, SVGGElement>()
  #shape = ''
  #width = 0

  constructor(listener: GraphListener) {
    this.#listener = listener
  }

  update(whole: FlowMessage, chosen: string | null): void {
    const flow = foldStreams(whole)
    const width = Math.max(280, this.element.clientWidth - 24)
    const shape = JSON.stringify([flow.nodes.map(({ id }) => id), flow.edges.map(({ id }) => id)])
    this.#into = flow.into
    if (shape !== this.#shape || width !== this.#width) this.#build(flow, width)
    this.#shape = shape
    this.#width = width
    for (const node of flow.nodes) this.#showNode(node, flow)
    for (const edge of flow.edges) this.#showEdge(edge, chosen)
  }

  /** Marks the nodes of a statement that is pointed at. */
  mark(ids: ReadonlySet<string>): void {
    const streams = new Set([...ids].flatMap(id => (id.startsWith('stream:') ? [id.slice('stream:'.length)] : [])))
    for (const [id, element] of this.#nodes)
      element.toggleAttribute('data-marked', ids.has(id) || streams.has(this.#into.get(id) ?? ''))
  }

  #build(flow: FoldedFlow, width: number): void {
    const layout = layoutFlow(
      flow.nodes.map(({ id }) => id),
      flow.edges,
      width,
    )
    this.#nodes.clear()
    this.#edges.clear()
    const edges = flow.edges.flatMap(edge => this.#makeEdge(edge, layout))
    const nodes = flow.nodes.flatMap(node => this.#makeNode(node, layout))
    const size = { width: String(layout.width + 4), height: String(layout.height + 4) }
    const view = `-2 -2 ${layout.width + 4} ${layout.height + 4}`
    this.element.replaceChildren(svg('svg', { class: 'flow-graph', viewBox: view, ...size }, ...edges, ...nodes))
  }

  #makeNode(node: FlowNodeMessage, { nodes, nodeWidth }: FlowLayout): readonly SVGGElement[] {
    const place = nodes.find(({ id }) => id === node.id)
    if (place === undefined) return []
    const inner = nodeWidth - 20
    const text = (name: string, y: number, words = ''): SVGTextElement => {
      const element = svg('text', { class: name, x: '10', y: String(y) })
      element.textContent = words
      return element
    }
    const shown = Math.floor(inner * CHARACTERS_PER_PIXEL)
    const group = svg(
      'g',
      {
        class: `flow-node flow-${node.kind}`,
        transform: `translate(${place.x} ${place.y})`,
        tabindex: '0',
        role: 'img',
        'data-node': node.id,
      },
      svg('title'),
      svg('rect', { class: 'flow-box', width: String(nodeWidth), height: String(NODE_HEIGHT), rx: '7' }),
      text(
        'flow-kind',
        17,
        this.#into.has(node.id) ? cut(`${node.kind} → ${this.#into.get(node.id)}`, shown * 1.25) : node.kind,
      ),
      text('flow-name', 34, cut(node.name, shown)),
      text('flow-rates', 50),
      text('flow-state', 64),
      svg('rect', { class: 'flow-idle', x: '10', y: '71', width: String(inner), height: '5', rx: '2.5' }),
      svg('rect', { class: 'flow-blocked', x: '10', y: '71', height: '5' }),
      svg('rect', { class: 'flow-busy', x: '10', y: '71', height: '5' }),
    )
    group.setAttribute('data-inner', String(inner))
    const on = (): void => this.#listener.hover(node.id)
    const off = (): void => this.#listener.hover(null)
    for (const event of ['pointerenter', 'focus']) group.addEventListener(event, on)
    for (const event of ['pointerleave', 'blur']) group.addEventListener(event, off)
    this.#nodes.set(node.id, group)
    return [group]
  }

  #showNode(node: FlowNodeMessage, { now, bottleneck }: FoldedFlow): void {
    const group = this.#nodes.get(node.id)
    if (group === undefined) return
    const isGuilty = bottleneck?.node === node.id
    const inner = Number(group.getAttribute('data-inner'))
    const part = (name: string): Element | null => group.querySelector(name)
    const words = nodeWords(node, now, isGuilty)
    setAttribute(group, 'aria-label', words)
    const title = part('title')
    if (title !== null) setText(title, words)
    const rates = part('.flow-rates')
    const isEnd = node.kind === 'sink' || node.kind === 'rounds'
    const [into, out] = [node.inPerSecond, node.outPerSecond].map(rate => formatValue(rate, 'perSecond', true))
    if (rates !== null) setText(rates, isEnd ? `${into} in` : `${into} in  ${out} out`)
    const state = part('.flow-state')
    const facts = [
      node.stateBytes === null ? '' : formatBytes(node.stateBytes),
      node.errorRows === 0 ? '' : `${formatValue(node.errorRows, 'count', true)} bad`,
      waterWords(node, now, true),
    ]
    if (state !== null) setText(state, facts.filter(fact => fact !== '').join(' · '))
    const busy = (inner * node.busy) / 100
    const blocked = (inner * node.blocked) / 100
    for (const [name, x, width] of [
      ['.flow-busy', 10, busy],
      ['.flow-blocked', 10 + busy, blocked],
    ] as const) {
      const bar = part(name)
      if (bar === null) continue
      setAttribute(bar, 'x', x.toFixed(1))
      setAttribute(bar, 'width', width.toFixed(1))
    }
    group.toggleAttribute('data-guilty', isGuilty)
    group.toggleAttribute('data-blocked', bottleneck !== null && node.blocked >= 50)
  }

  #makeEdge(edge: FlowEdgeMessage, { isNarrow, nodes, nodeWidth }: FlowLayout): readonly SVGGElement[] {
    const from = nodes.find(({ id }) => id === edge.from)
    const to = nodes.find(({ id }) => id === edge.to)
    if (from === undefined || to === undefined) return []
    const path = isNarrow ? elbow(from, to) : curve(from, to, nodeWidth)
    const isChosen = edge.kind !== 'order'
    const group = svg(
      'g',
      {
        class: `flow-edge flow-edge-${edge.kind}`,
        'data-edge': edge.id,
        ...(isChosen ? { tabindex: '0', role: 'button' } : { 'aria-hidden': 'true' }),
      },
      svg('title'),
      svg('path', { class: 'flow-line', d: path }),
      ...(isChosen ? [svg('path', { class: 'flow-hit', d: path })] : []),
    )
    if (isChosen) {
      const choose = (): void => this.#listener.choose(edge.id)
      group.addEventListener('click', choose)
      group.addEventListener('keydown', event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        choose()
      })
    }
    this.#edges.set(edge.id, group)
    return [group]
  }

  #showEdge(edge: FlowEdgeMessage, chosen: string | null): void {
    const group = this.#edges.get(edge.id)
    if (group === undefined || edge.kind === 'order') return
    const rate = formatValue(edge.rowsPerSecond, 'perSecond', true)
    const words = `${edgeWords(edge)}: ${rate}, ${formatValue(edge.rows, 'count')} rows since the start. Show its last rows`
    setAttribute(group, 'aria-label', words)
    setAttribute(group, 'aria-pressed', String(edge.id === chosen))
    const title = group.querySelector('title')
    if (title !== null) setText(title, words)
    const line = group.querySelector('.flow-line')
    const width = edge.rowsPerSecond <= 0 ? 1.2 : Math.min(5, 1.4 + Math.log10(1 + edge.rowsPerSecond) * 0.8)
    if (line !== null) setAttribute(line, 'stroke-width', width.toFixed(1))
    group.toggleAttribute('data-flows', edge.rowsPerSecond > 0)
  }
}

function curve(from: LaidNode, to: LaidNode, nodeWidth: number): string {
  const [x1, y1] = [from.x + nodeWidth, from.y + NODE_HEIGHT / 2]
  const [x2, y2] = [to.x, to.y + NODE_HEIGHT / 2]
  const bend = Math.max(18, (x2 - x1) / 2)
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
}

function elbow(from: LaidNode, to: LaidNode): string {
  return `M${from.x + 7} ${from.y + NODE_HEIGHT}V${to.y + NODE_HEIGHT / 2}H${to.x}`
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, Math.max(1, Math.floor(characters) - 1))}…` : text
}

/** `from → to` by their names. */
export function edgeWords({ from, to }: Pick<FlowEdgeMessage, 'from' | 'to'>): string {
  const name = (id: string): string => id.slice(id.indexOf(':') + 1)
  const end = to.startsWith('sink:') ? 'destination' : name(to)
  return `${name(from)} → ${end}`
}
