/**
 * Result rows as CloudWatch metrics in the embedded metric format: each row is a log event whose `_aws` member says which members are
 * metrics and dimensions. (CloudWatch user guide, "Specification: Embedded metric format": up to 100 metrics a directive, up to 30
 * dimensions a set, dimensions are texts, metrics are numbers or lists of up to 100 numbers.)
 */
import { MillraceError } from '../../core/index.ts'

export const EMF_METRICS_MAX = 100
export const EMF_DIMENSIONS_MAX = 30
const EMF_VALUES_MAX = 100

export interface EmfMetric {
  /** a member of the rows */
  readonly Name: string
  /** as CloudWatch has them: `Count`, `Milliseconds`, `Bytes`, ...; default none */
  readonly Unit?: string
  /** 1 for one second; default 60 */
  readonly StorageResolution?: 1 | 60
}

export interface EmfOptions {
  readonly Namespace: string
  readonly Metrics: readonly EmfMetric[]
  /** sets of members; default one set of none */
  readonly Dimensions?: readonly (readonly string[])[]
}

/** @throws MillraceError `config` past the limits of the format */
export function checkEmf({ Namespace, Metrics, Dimensions = [[]] }: EmfOptions): void {
  const refuse = (what: string): never => {
    throw new MillraceError('config', `metrics of ${Namespace}: ${what}`)
  }
  if (!/^[\w.\-/#:]{1,255}$/.test(Namespace) || /^(AWS\/|:)/.test(Namespace))
    refuse('a namespace has 1 to 255 characters of A-Z a-z 0-9 . - _ / # : and does not begin with AWS/ or a colon')
  if (Metrics.length < 1 || Metrics.length > EMF_METRICS_MAX)
    refuse(`${Metrics.length} metrics; there are 1 to ${EMF_METRICS_MAX}`)
  for (const set of Dimensions)
    if (set.length > EMF_DIMENSIONS_MAX) refuse(`${set.length} dimensions in a set, which has ${EMF_DIMENSIONS_MAX}`)
}

/**
 * The log event of a row.
 * @param at epoch milliseconds
 * @returns null when the row is no JSON object with one of the metrics as a number. Sets with a dimension that the row does not
 * have are left out; a set is needed.
 */
export function emfEvent(data: Uint8Array, options: EmfOptions, at: number): string | null {
  const row = objectOf(data)
  if (row === null) return null
  const metrics = options.Metrics.filter(({ Name }) => isMetric(row[Name]))
  const sets = (options.Dimensions ?? [[]]).filter(set => set.every(name => isDimension(row[name])))
  if (metrics.length === 0 || sets.length === 0) return null
  const texts = Object.fromEntries(sets.flat().map(name => [name, String(row[name])]))
  const directive = { Namespace: options.Namespace, Dimensions: sets, Metrics: metrics }
  return JSON.stringify({ ...row, ...texts, _aws: { Timestamp: at, CloudWatchMetrics: [directive] } })
}

function objectOf(data: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

function isMetric(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= EMF_VALUES_MAX &&
    value.every(item => typeof item === 'number')
  )
}

function isDimension(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
}
