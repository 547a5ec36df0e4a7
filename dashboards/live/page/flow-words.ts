/** The figures of a node in words. */
import type { FlowNodeMessage } from '../flow/flow-protocol.ts'
import { formatBytes, formatDuration, formatUtc, formatValue } from './format.ts'

/** How far the watermark of a node is behind the clock; in an empty text where it has none. */
export function waterWords({ watermarkMs }: FlowNodeMessage, now: number, short: boolean): string {
  if (watermarkMs === null) return ''
  const behind = formatDuration(Math.max(0, now - watermarkMs))
  return short ? `${behind} behind` : `watermark ${formatUtc(watermarkMs)}, ${behind} behind the clock`
}

export function nodeWords(node: FlowNodeMessage, now: number, isGuilty: boolean): string {
  const rate = (value: number): string => formatValue(value, 'perSecond')
  const parts = [
    `${node.kind} ${node.name}${isGuilty ? ', the bottleneck' : ''}`,
    `${rate(node.inPerSecond)} in, ${rate(node.outPerSecond)} out`,
    `busy ${node.busy} %, blocked ${node.blocked} %, idle ${node.idle} %`,
    node.stateBytes === null ? '' : `state ${formatBytes(node.stateBytes)}`,
    node.errorRows === 0 ? '' : `${formatValue(node.errorRows, 'count')} bad rows`,
    waterWords(node, now, false),
    node.detail,
  ]
  return parts.filter(part => part !== '').join('\n')
}
