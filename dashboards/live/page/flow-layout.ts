/**
 * Where the nodes of a graph stand: layers from left to right by the longest way from the source, few crossings in between; on
 * a narrow page one below the other, each indented by its layer.
 */

export interface LaidNode {
  readonly id: string
  readonly x: number
  readonly y: number
}

export interface FlowLayout {
  readonly isNarrow: boolean
  readonly nodes: readonly LaidNode[]
  readonly nodeWidth: number
  readonly width: number
  readonly height: number
}

interface Edge {
  readonly from: string
  readonly to: string
}

export const NODE_HEIGHT = 84
const NODE_WIDTH_MIN = 148
const NODE_WIDTH_MAX = 216
/** Pages below this width get one node a line. */
const NARROW_WIDTH = 560
const INDENT = 14
const GAP_X = 46
const GAP_Y = 16
/** Passes that bring nodes near to what they are joined with. */
const PASSES = 6

/**
 * @param ids upstream first
 * @param width that there is; the graph is wider where its nodes would be narrower than can be read
 */
export function layoutFlow(ids: readonly string[], edges: readonly Edge[], width: number): FlowLayout {
  const layers = layersOf(ids, edges)
  if (width < NARROW_WIDTH) return listed(ids, edges, layers, width)
  for (let pass = 0; pass < PASSES; pass++) {
    const isDown = pass % 2 === 0
    const order = new Map(layers.flatMap(layer => layer.map((id, index) => [id, index] as const)))
    const near = (id: string): number => {
      const joined = edges.flatMap(({ from, to }) => (isDown ? (to === id ? [from] : []) : from === id ? [to] : []))
      const places = joined.flatMap(other => order.get(other) ?? [])
      return places.length === 0 ? (order.get(id) ?? 0) : places.reduce((sum, place) => sum + place, 0) / places.length
    }
    for (const layer of layers) layer.sort((a, b) => near(a) - near(b))
  }
  const space = (width - GAP_X * (layers.length - 1)) / Math.max(1, layers.length)
  const nodeWidth = Math.floor(Math.min(NODE_WIDTH_MAX, Math.max(NODE_WIDTH_MIN, space)))
  const tallest = Math.max(1, ...layers.map(layer => layer.length))
  const height = tallest * NODE_HEIGHT + (tallest - 1) * GAP_Y
  const used = layers.length * (nodeWidth + GAP_X) - GAP_X
  const nodes = layers.flatMap((layer, column) => {
    // A graph that must be scrolled starts at the top, where one looks first.
    const free = used > width ? 0 : height - layer.length * (NODE_HEIGHT + GAP_Y) + GAP_Y
    const x = column * (nodeWidth + GAP_X)
    return layer.map((id, row) => ({ id, x, y: free / 2 + row * (NODE_HEIGHT + GAP_Y) }))
  })
  return { isNarrow: false, nodes, nodeWidth, width: used, height }
}

/** Each node below the first that feeds it. */
function listed(
  ids: readonly string[],
  edges: readonly Edge[],
  layers: readonly (readonly string[])[],
  width: number,
): FlowLayout {
  const order = new Set<string>()
  const visit = (id: string): void => {
    if (order.has(id)) return
    order.add(id)
    for (const { from, to } of edges) if (from === id) visit(to)
  }
  for (const id of ids) visit(id)
  const depth = (id: string): number => layers.findIndex(layer => layer.includes(id))
  const nodes = [...order].map((id, row) => ({ id, x: depth(id) * INDENT, y: row * (NODE_HEIGHT + GAP_Y) }))
  const nodeWidth = width - (layers.length - 1) * INDENT
  return { isNarrow: true, nodes, nodeWidth, width, height: nodes.length * (NODE_HEIGHT + GAP_Y) - GAP_Y }
}

/** A node stands behind everything that feeds it; one that nothing feeds is in the first layer. */
function layersOf(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const depth = new Map<string, number>()
  for (const id of ids) {
    const feeding = edges.filter(({ to }) => to === id).map(({ from }) => depth.get(from) ?? 0)
    depth.set(id, feeding.length === 0 ? 0 : Math.max(...feeding) + 1)
  }
  const layers: string[][] = []
  for (const id of ids) (layers[depth.get(id) ?? 0] ??= []).push(id)
  return layers.map(layer => layer ?? [])
}
