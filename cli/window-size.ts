/** How large the windows of a stream are, read off the plan. */
import { inputsOf, type PlanNode, type ProgramPlan } from '../processors/index.ts'

const UNIT_MS: Readonly<Record<string, number>> = { SECOND: 1_000, MINUTE: 60_000, HOUR: 3_600_000, DAY: 86_400_000 }

/** Milliseconds between closings of the windows that feed a stream; null where there are none or they differ in length. */
export function windowSizeMs(plan: ProgramPlan, stream: string): number | null {
  const pump = plan.pumps.find(({ target }) => target === stream)
  return pump === undefined ? null : sizeOf(pump.source)
}

function sizeOf(node: PlanNode): number | null {
  if (node.kind === 'aggregate') {
    const { end } = node.window
    if (end.kind === 'step') return end.sizeMs
    return end.kind === 'floor' || end.kind === 'ceil' ? (UNIT_MS[end.unit] ?? null) : null
  }
  const [input] = inputsOf(node)
  return input === undefined ? null : sizeOf(input)
}
