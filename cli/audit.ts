/** `millrace audit`: proves a delivery from its manifests. */
import { MillraceError } from '../core/index.ts'
import { AUDIT_FINDINGS_MAX, type AuditReport, auditDelivery } from '../sinks/index.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { openPlace } from './object-place.ts'
import type { CommandOptions } from './options.ts'
import { count, openTerminal, size } from './terminal.ts'

export async function run(args: readonly string[], given: CommandOptions): Promise<ExitCode> {
  const text = String(args[0])
  const place = await openPlace(text, given)
  const { prefix, stream } = given
  if (place.prefix !== '')
    throw new MillraceError(
      'usage',
      `millrace audit takes a whole bucket, as manifests lie at its root: audit ${text.split('/').slice(0, 3).join('/')} --prefix ${place.prefix}`,
    )
  try {
    const report = await auditDelivery(place.store, {
      ...(prefix !== undefined && { prefix }),
      ...(stream !== undefined && { stream }),
      digests: given['quick'] === undefined,
    })
    const terminal = openTerminal()
    for (const line of given['json'] === undefined ? auditLines(place.store.place, report) : [JSON.stringify(report)])
      terminal.print(line)
    return report.proven ? EXIT.done : EXIT.failed
  } finally {
    place.close()
  }
}

function auditLines(place: string, report: AuditReport): readonly string[] {
  const { objects, records, sizeBytes, manifests, findings, counts, proven } = report
  const lines = findings.map(({ kind, text }) => `${kind.padEnd(8)}  ${text}`)
  const found = Object.values(counts).reduce((sum, one) => sum + one, 0)
  if (found > findings.length)
    lines.push(`... and ${count(found - findings.length)} more than the first ${count(AUDIT_FINDINGS_MAX)}`)
  const what = `${count(objects)} objects with ${count(records)} records, ${size(sizeBytes)}, by ${count(manifests)} manifests`
  lines.push(`${place}: ${what}: ${proven ? 'proven' : `not proven, ${count(found)} findings`}`)
  return lines
}
