/** Runs questions in a thread of their own, one thread each, with limits of time and memory. */
import { Worker } from 'node:worker_threads'
import { type Clock, MillraceError } from '../../core/index.ts'
import { type QuestionAnswer, type ResultTables, type TableCell, timeText } from '../../dashboards/index.ts'
import { ANSWER_ROWS_MAX, type EmittedQuestion } from '../../processors/index.ts'

/** Questions that are answered at once. */
export const QUESTIONS_MAX = 2
/** Time of a question, from where its rows are in its thread. */
export const QUESTION_MS_MAX = 3_000
/** The same with the start of the thread. */
const START_MS_MAX = 30_000
/** Heap of the thread of a question. */
export const QUESTION_MEGABYTES_MAX = 128

export class QuestionRunner {
  readonly #tables: ResultTables
  readonly #clock: Clock
  #running = 0

  constructor(tables: ResultTables, clock: Clock) {
    this.#tables = tables
    this.#clock = clock
  }

  /**
   * @param signal ends the question: nobody waits for its answer any more
   * @throws MillraceError `throttled` while too many run; `limit_exceeded` past the time or the memory; `aborted`
   */
  async answer(question: EmittedQuestion, signal?: AbortSignal): Promise<QuestionAnswer> {
    if (this.#running >= QUESTIONS_MAX)
      throw new MillraceError('throttled', `${QUESTIONS_MAX} questions are being answered; ask again in a moment`)
    this.#running++
    try {
      const rows = await this.#run(question, signal)
      return {
        columns: question.columns.map(({ name }) => name),
        rows: rows
          .slice(0, question.limit)
          .map(row =>
            row.map((cell, index) =>
              question.columns[index]?.kind === 'time' && typeof cell === 'number' ? timeText(cell) : cell,
            ),
          ),
        isCut: question.limit === ANSWER_ROWS_MAX && rows.length > ANSWER_ROWS_MAX,
      }
    } finally {
      this.#running--
    }
  }

  async #run(question: EmittedQuestion, signal?: AbortSignal): Promise<readonly (readonly TableCell[])[]> {
    const { text, parameters, tables, columns, order, limit } = question
    if (signal?.aborted === true) throw ended()
    const worker = new Worker(new URL('./question-worker.mjs', import.meta.url), {
      workerData: {
        text,
        parameters,
        tables: tables.map(({ name, columns: names }) => ({ names, rows: this.#tables.table(name, names) })),
        columns: columns.length,
        order,
        limit,
      },
      resourceLimits: { maxOldGenerationSizeMb: QUESTION_MEGABYTES_MAX, maxYoungGenerationSizeMb: 16 },
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
    })
    const over = new AbortController()
    try {
      return await new Promise<readonly (readonly TableCell[])[]>((resolve, reject) => {
        const endAfter = (ms: number, sentence: string): void => {
          this.#clock.sleep(ms, over.signal).then(
            () => reject(new MillraceError('limit_exceeded', sentence)),
            () => {},
          )
        }
        signal?.addEventListener('abort', () => reject(ended()), { signal: over.signal })
        // A busy machine may take long to start a thread; that is not the question's time.
        endAfter(
          START_MS_MAX,
          `the machine is too busy: no thread for the question had started after ${START_MS_MAX / 1_000} s; ask again in a moment`,
        )
        worker.on('message', (message: 'ready' | readonly (readonly TableCell[])[]) => {
          if (message === 'ready')
            endAfter(QUESTION_MS_MAX, `the question took longer than ${QUESTION_MS_MAX / 1_000} s; ask for less`)
          else resolve(message)
        })
        worker.once('error', reject)
        worker.once('exit', () => reject(new Error('the thread of the question has ended')))
      })
    } catch (error) {
      if (error instanceof MillraceError) throw error
      const isFull = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      throw isFull
        ? new MillraceError('limit_exceeded', `the question needs more than ${QUESTION_MEGABYTES_MAX} MB; ask for less`)
        : new MillraceError('invalid_argument', 'the question cannot be answered', { cause: error })
    } finally {
      over.abort()
      await worker.terminate()
    }
  }
}

function ended(): MillraceError {
  return new MillraceError('aborted', 'the question has ended: whoever asked it, or the pipeline, is gone')
}
