/** ANOMALY_EXPLANATION: what each column has to do with a score, as the JSON text that the KDA function gives. */

/**
 * `{"temp":{"DIRECTION":"HIGH","STRENGTH":"1.9021","ATTRIBUTION_SCORE":"2.4410"}}`: the attribution scores add up to the
 * anomaly score, the strength is how much more one direction has than the other. LOW and 0 where neither has more.
 * @param names of the numeric columns
 * @param parts from `RandomCutForest.score`: high and low of each column, from `at` on
 * @param withDirectionality false: no DIRECTION, no STRENGTH
 */
export function anomalyExplanation(
  names: readonly string[],
  parts: Float64Array,
  at: number,
  withDirectionality: boolean,
): string {
  const members = names.map((name, column) => {
    const high = parts[at + column * 2]!
    const low = parts[at + column * 2 + 1]!
    const direction = withDirectionality
      ? `"DIRECTION":"${high > low ? 'HIGH' : 'LOW'}","STRENGTH":"${Math.abs(high - low).toFixed(4)}",`
      : ''
    return `${JSON.stringify(name)}:{${direction}"ATTRIBUTION_SCORE":"${(high + low).toFixed(4)}"}`
  })
  return `{${members.join(',')}}`
}
