/** Where an axis of time has its marks. */

const MINUTE_MS = 60_000
/** Steps of the time axis, so close to each other that a narrow chart has more than one mark. */
export const TICK_STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map(seconds => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880].map(minutes => minutes * MINUTE_MS),
]
/** Pixels that a mark needs. */
export const TICK_SPACE = 62

/** The smallest step whose marks have room. @param width pixels for `spanMs` */
export function tickStep(spanMs: number, width: number): number {
  const marks = Math.max(1, Math.floor(width / TICK_SPACE))
  return TICK_STEPS_MS.find(step => spanMs / step <= marks) ?? Math.ceil(spanMs / marks)
}
