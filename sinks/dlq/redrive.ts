/**
 * Puts failed records into a delivery stream again, each once.
 *
 *   error object -> records that are meant and not redriven -> staged stream -> mark (commit) -> publish -> done
 *
 * The mark lies beside the error object and is made once: it names the records and the staged objects, so a crash before it
 * leaves nothing visible, and one after it only publishes again. A second run finds the marks. Records that fail again are new
 * error records. A stream that delivers elsewhere than to objects cannot stage: there a crash before the mark repeats its records.
 */
import { createHash } from 'node:crypto'
import { hasCode, MillraceError, type Random } from '../../core/index.ts'
import { REDRIVEN } from '../manifest-object.ts'
import type { DeliveryStream } from '../pipeline/delivery-stream.ts'
import type { StagedObject, StagingOptions } from '../staged/staging.ts'
import { type OpenStore, putWhole, readWhole } from '../stores/store.ts'
import { type ErrorRecord, errorObjectsIn, errorRecordsOf } from './error-records.ts'

/** Records that are written to the stream at a time. */
const WRITE_RECORDS = 1_000

/** What was redriven of one error object at one time. */
interface Mark {
  readonly millrace: 'redriven'
  readonly format: 1
  /** who made it */
  readonly id: string
  readonly object: string
  /** numbers of the records in the error object */
  readonly records: readonly number[]
  readonly parts: readonly StagedObject[]
}

export interface RedriveParts {
  /** where the error objects are */
  readonly errors: OpenStore
  readonly random: Random
  /**
   * A delivery stream for the records of one error object.
   * @param staging null: to publish, or for a stream that cannot stage
   */
  readonly stream: (staging: StagingOptions | null) => DeliveryStream
  /** whether it delivers to objects */
  readonly staged: boolean
  /** where the parts of its rounds lie, by bucket */
  readonly store: (bucketArn: string) => OpenStore
  /** told of each error object that was redriven in part or whole */
  readonly onRedriven?: (key: string, records: number) => void
}

export interface RedriveReport {
  /** error objects with records that are meant */
  readonly objects: number
  /** records that were put */
  readonly redriven: number
  /** of those that are meant, redriven before */
  readonly before: number
  /** objects whose publication an earlier run had not finished */
  readonly recovered: number
  /** of those that were put, failed again */
  readonly failed: number
  /** error objects that cannot be read, with the reason */
  readonly unreadable: readonly string[]
}

/**
 * @param wanted the records that are meant
 * @throws what the stores and the stream throw; all that was marked before stays done
 */
export async function redrive(
  parts: RedriveParts,
  prefix: string,
  wanted: (record: ErrorRecord) => boolean,
): Promise<RedriveReport> {
  const report = { objects: 0, redriven: 0, before: 0, recovered: 0, failed: 0, unreadable: [] as string[] }
  // What fails again is written below the same prefix perhaps: the list is taken before.
  for (const key of await errorObjectsIn(parts.errors, prefix)) {
    const marks = await marksOf(parts.errors, key)
    for (const { mark, done } of marks)
      if (!done) {
        await publish(parts, key, mark)
        report.recovered++
      }
    let records: readonly ErrorRecord[]
    try {
      records = (await errorRecordsOf(parts.errors, key)).filter(wanted)
    } catch (error) {
      if (!hasCode(error, 'unreadable_input')) throw error
      report.unreadable.push(error instanceof Error ? error.message : String(error))
      continue
    }
    if (records.length === 0) continue
    report.objects++
    const already = new Set(marks.flatMap(({ mark }) => mark.records))
    const left = records.filter(({ index }) => !already.has(index))
    report.before += records.length - left.length
    if (left.length === 0) continue
    report.failed += await redriveObject(parts, key, marks.length + 1, left)
    report.redriven += left.length
    parts.onRedriven?.(key, left.length)
  }
  return report
}

/** Records of an error object that were redriven already. */
export async function redrivenOf(store: OpenStore, key: string): Promise<ReadonlySet<number>> {
  return new Set((await marksOf(store, key)).flatMap(({ mark }) => mark.records))
}

async function redriveObject(
  parts: RedriveParts,
  key: string,
  number: number,
  records: readonly ErrorRecord[],
): Promise<number> {
  const incarnation = createHash('sha256').update(`${parts.errors.place}/${key}`).digest('hex').slice(0, 32)
  const stream = parts.stream(parts.staged ? { incarnation, task: `redrive-${number}` } : null)
  try {
    for (let at = 0; at < records.length; at += WRITE_RECORDS)
      await stream.write(
        records.slice(at, at + WRITE_RECORDS).map(({ rawData, arrivedAt }) => ({
          data: rawData,
          ...(arrivedAt !== null && { arrivedAt }),
        })),
      )
    await stream.flush()
    const skipped = stream.metrics.get('DeliveryToRedshift.SkippedObjects')
    if (skipped > 0)
      throw new MillraceError(
        'unwritable_output',
        `error object ${parts.errors.place}/${key}: no COPY took its records; the reason is below errors/manifests/ in the bucket of the delivery stream. Run it again when that is mended`,
      )
    const staged = parts.staged ? (await stream.stage(1)).parts : []
    const mark: Mark = {
      millrace: 'redriven',
      format: 1,
      id: parts.random.uuid(),
      object: key,
      records: records.map(({ index }) => index),
      parts: staged,
    }
    await commit(parts.errors, markKey(key, number), mark)
    await publish(parts, key, mark, number)
    return stream.metrics.get('ErrorOutput.Records')
  } finally {
    await stream.close()
  }
}

/** The one write that decides. */
async function commit(store: OpenStore, key: string, mark: Mark): Promise<void> {
  try {
    await putWhole(store, key, Buffer.from(JSON.stringify(mark)))
  } catch (error) {
    // "Exists" is a question: the answer to an attempt of ours may have got lost.
    if (!hasCode(error, 'already_exists')) throw error
    const there = readMark(key, await readWhole(store, key))
    if (there.id !== mark.id)
      throw new MillraceError(
        'already_exists',
        `error object ${store.place}/${mark.object}: another redrive is at work on it; nothing of it was delivered by this one, so run it again`,
        { cause: error },
      )
  }
}

/** Makes what a mark names visible, and says so; repeatable. */
async function publish(parts: RedriveParts, key: string, mark: Mark, number?: number): Promise<void> {
  if (mark.parts.length > 0) {
    const stream = parts.stream({ incarnation: 'publication', task: 'redrive' })
    try {
      await stream.publish(mark.parts)
    } finally {
      await stream.close()
    }
  }
  const at = number ?? (await marksOf(parts.errors, key)).find(one => one.mark.id === mark.id)?.number ?? 0
  await putWhole(parts.errors, doneKey(key, at), Buffer.from('')).catch((error: unknown) => {
    if (!hasCode(error, 'already_exists')) throw error
  })
  for (const { bucketArn, staged } of mark.parts) await parts.store(bucketArn).remove(staged)
}

interface FoundMark {
  readonly number: number
  readonly mark: Mark
  readonly done: boolean
}

async function marksOf(store: OpenStore, key: string): Promise<readonly FoundMark[]> {
  const before = markKey(key, 0).slice(0, -'0.json'.length)
  const [numbers, done] = [[] as number[], new Set<number>()]
  for await (const { key: found } of store.list(before)) {
    const match = /^(\d+)\.(json|done)$/.exec(found.slice(before.length))
    if (match === null) continue
    if (match[2] === 'done') done.add(Number(match[1]))
    else numbers.push(Number(match[1]))
  }
  const marks: FoundMark[] = []
  for (const number of numbers.sort((a, b) => a - b))
    marks.push({
      number,
      mark: readMark(markKey(key, number), await readWhole(store, markKey(key, number))),
      done: done.has(number),
    })
  return marks
}

function readMark(key: string, bytes: Uint8Array): Mark {
  try {
    const mark = JSON.parse(Buffer.from(bytes).toString('utf8')) as Mark
    if (mark.millrace === 'redriven' && mark.format === 1) return mark
  } catch {
    // told below
  }
  throw new MillraceError(
    'unreadable_input',
    `mark ${key}: it is none of this millrace; move it away to redrive its records again`,
  )
}

function markKey(key: string, number: number): string {
  const slash = key.lastIndexOf('/') + 1
  return `${key.slice(0, slash)}${REDRIVEN}/${key.slice(slash)}.${number}.json`
}

function doneKey(key: string, number: number): string {
  return `${markKey(key, number).slice(0, -'json'.length)}done`
}
