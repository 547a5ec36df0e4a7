/** Levels of thresholds, states and annotations, as colours and words. */
import type { LevelMessage, ThresholdMessage } from '../protocol.ts'

const PROPERTIES: Readonly<Record<LevelMessage, string>> = {
  info: '--accent',
  ok: '--ok',
  warn: '--warn',
  bad: '--bad',
}

/** The custom property that holds the colour of a level. */
export function levelProperty(level: LevelMessage): string {
  return PROPERTIES[level]
}

/** The level of a value: that of the last step it has reached; null below the first. @param thresholds ascending */
export function levelOf(value: number | null, thresholds: readonly ThresholdMessage[]): LevelMessage | null {
  let level: LevelMessage | null = null
  if (value !== null) for (const step of thresholds) if (value >= step.from) level = step.level
  return level
}
