/** How the flow of a pipeline gets to its pages: what measures it, what follows the figures, what answers requests. */
import type { Clock } from '../core/index.ts'
import { EdgeSamples, FlowTracker, flowRoutes, type LiveRoute } from '../dashboards/index.ts'
import { FlowMeter, flowGraphOf } from '../processors/index.ts'
import type { Output } from './outputs/open-output.ts'
import type { Pipeline } from './pipeline.ts'

export interface FlowView {
  /** of the task and of its program */
  readonly meter: FlowMeter
  readonly routes: readonly LiveRoute[]
  readonly tracker: FlowTracker
}

/** @param behindMs how far the slowest shard is behind; null when unknown */
export function flowViewOf(pipeline: Pipeline, clock: Clock, behindMs: () => number | null): FlowView {
  const { application, source, outputs, rounds, mask } = pipeline
  const sinks = [...outputs].filter(([name]) => application.outputs.includes(name))
  const graph = flowGraphOf({
    plan: application.plan,
    sql: application.text,
    source: source.StreamName,
    hasPreprocessor: application.preprocessor !== null,
    sinks: new Map(sinks.map(([name, each]) => [name, each.map(wordsOf).join('\n')])),
    hasRounds: rounds !== null,
  })
  const meter = new FlowMeter(graph, () => clock.monotonicMs())
  const tracker = new FlowTracker({ flow: meter, clock, behindMs })
  return { meter, tracker, routes: flowRoutes({ tracker, samples: new EdgeSamples(meter, mask), clock }) }
}

function wordsOf(output: Output): string {
  if (output.kind !== 'localFiles') return 'delivery stream'
  return `${output.format ?? 'JSON'} files`
}
