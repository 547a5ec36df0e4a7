/**
 * Which node holds a pipeline up. A blocked node is upstream of the guilty one, so marking what is blocked would name the
 * wrong one: the guilty node is the busiest of those that the source waits for.
 */
import { BEHIND_MS_OK } from '../status.ts'
import type { BottleneckMessage, FlowNodeMessage } from './flow-protocol.ts'

/** Percent of its time that the source is at work or blocked from which on the pipeline is said to have a bottleneck. */
export const OCCUPIED_PERCENT = 70

interface Edge {
  readonly from: string
  readonly to: string
}

/** @param behindMs how far the slowest shard is behind its tip; null when unknown */
export function bottleneckOf(
  nodes: readonly FlowNodeMessage[],
  edges: readonly Edge[],
  behindMs: number | null,
): BottleneckMessage | null {
  const source = nodes.find(({ kind }) => kind === 'source')
  if (source === undefined) return null
  const isBehind = behindMs !== null && behindMs > BEHIND_MS_OK
  if (source.busy + source.blocked < OCCUPIED_PERCENT) {
    // Nothing behind the source has enough to do, and yet it is behind: it gets too little, or reads too slowly.
    if (!isBehind || source.idle < OCCUPIED_PERCENT) return null
    const sentence = `${quoted(source.name)} is the bottleneck: ${source.idle} % of the time nothing comes from it`
    return { node: source.id, sentence }
  }
  const guilty = nodes.reduce((worst, node) => (node.busy > worst.busy ? node : worst), source)
  const blocked = edges
    .filter(({ to }) => to === guilty.id)
    .flatMap(({ from }) => nodes.find(({ id, blocked: share }) => id === from && share > 0) ?? [])
  const first = blocked[0]
  const whom = first === undefined ? '' : `, blocks ${quoted(first.name)}`
  return {
    node: guilty.id,
    sentence: `${WORDS[guilty.kind]}${quoted(guilty.name)} is the bottleneck: ${guilty.busy} % busy${whom}`,
  }
}

const WORDS: Readonly<Record<FlowNodeMessage['kind'], string>> = {
  source: 'reading ',
  preprocessor: 'the function ',
  stream: 'stream ',
  pump: 'pump ',
  sink: 'the destination of ',
  rounds: 'the end of ',
}

function quoted(name: string): string {
  return `"${name.slice(0, 64)}"`
}
