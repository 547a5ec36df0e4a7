/** Operations metrics in Prometheus' text format (version 0.0.4), for a server that scrapes: how the pipeline does, not what it counts. */
import type { StatusMessage } from '../live/protocol.ts'
import type { ResultSeries } from './result-series.ts'

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number | null }[]
}

/** Everything of one status. What is not known yet is left out. */
export function exposition(
  status: StatusMessage,
  errorsByName: ReadonlyMap<string, number>,
  series: ResultSeries | null,
): string {
  const one = (value: number | null): Family['samples'] => [{ labels: {}, value }]
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000)
  const families: Family[] = [
    {
      name: 'millrace_records_total',
      type: 'counter',
      help: 'Records read and rows given, by stage.',
      samples: [
        { labels: { stage: 'in' }, value: status.recordsIn },
        { labels: { stage: 'out' }, value: status.rowsOut },
        { labels: { stage: 'error' }, value: status.errorRows },
      ],
    },
    {
      name: 'millrace_error_rows_total',
      type: 'counter',
      help: 'Rows of the error stream, by what they are.',
      samples: [...errorsByName].map(([name, value]) => ({ labels: { error: name }, value })),
    },
    {
      name: 'millrace_late_records_total',
      type: 'counter',
      help: 'Records that came behind the watermark.',
      samples: one(errorsByName.get('LATE_ROW') ?? 0),
    },
    {
      name: 'millrace_behind_latest_seconds',
      type: 'gauge',
      help: 'How far the reader of a shard is behind its newest record.',
      samples: status.shards.map(({ shardId, behindMs }) => ({ labels: { shard: shardId }, value: seconds(behindMs) })),
    },
    {
      name: 'millrace_watermark_lag_seconds',
      type: 'gauge',
      help: 'How far the watermark is behind the clock.',
      samples: one(seconds(status.watermarkLagMs)),
    },
    {
      name: 'millrace_watermark_timestamp_seconds',
      type: 'gauge',
      help: 'The watermark, seconds since 1970.',
      samples: one(seconds(status.watermarkMs)),
    },
  ]
  if (series !== null) {
    const { series: count, samples, samplesLeftOut } = series.totals
    families.push(
      {
        name: 'millrace_result_series',
        type: 'gauge',
        help: 'Series of window results that can be queried.',
        samples: one(count),
      },
      {
        name: 'millrace_result_samples',
        type: 'gauge',
        help: 'Samples of these series in memory.',
        samples: one(samples),
      },
      {
        name: 'millrace_result_samples_left_out_total',
        type: 'counter',
        help: 'Samples whose series found no room.',
        samples: one(samplesLeftOut),
      },
    )
  }
  return families.map(familyText).join('')
}

function familyText({ name, type, help, samples }: Family): string {
  const known = samples.filter(({ value }) => value !== null)
  if (known.length === 0) return ''
  const lines = known.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const inner = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  )
  return inner.length === 0 ? '' : `{${inner.join(',')}}`
}
