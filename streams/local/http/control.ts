/**
 * Control calls of the embedded stream: rules of faults, and limits. They need the token that was made at the start.
 *
 *   GET    /_millrace/faults    every rule with what it did so far
 *   POST   /_millrace/faults    adds rules (fault-rule.ts)
 *   PUT    /_millrace/faults    puts rules in the place of all
 *   DELETE /_millrace/faults    nothing goes wrong any more
 *   GET    /_millrace/limits    the limits of each stream
 *   PUT    /_millrace/limits    {"limits": "service" | null | {"writeRecordsPerSecond": 100}, "streamName": "one only"}
 */
import { timingSafeEqual } from 'node:crypto'
import { type HttpReply, type HttpRequest, hasCode, MillraceError } from '../../../core/index.ts'
import type { FaultPlan } from '../faults/fault-plan.ts'
import { parseFaultRules } from '../faults/fault-rule.ts'
import type { LocalStreams } from '../local-streams.ts'
import { limitsMembers, parseLimits } from '../throughput.ts'

export const CONTROL_PATH = '/_millrace/'
const BODY_BYTES_MAX = 1_048_576
const JSON_TYPE = 'application/json'

export class Control {
  readonly #streams: LocalStreams
  readonly #faults: FaultPlan
  readonly #token: Buffer

  constructor(streams: LocalStreams, faults: FaultPlan, token: string) {
    this.#streams = streams
    this.#faults = faults
    this.#token = Buffer.from(token)
  }

  async answer(request: HttpRequest, reply: HttpReply): Promise<void> {
    if (!this.#isBearer(request.headers['authorization']))
      return send(
        reply,
        401,
        { error: 'this needs the token that was printed at the start, as a bearer token' },
        { 'www-authenticate': 'Bearer' },
      )
    try {
      const answer = await this.#perform(request)
      if (answer === null)
        send(reply, 404, { error: 'control calls are GET, POST, PUT and DELETE of faults, and GET and PUT of limits' })
      else send(reply, 200, answer)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      const status = hasCode(error, 'not_found') ? 404 : hasCode(error, 'limit_exceeded') ? 413 : 400
      send(reply, status, { error: error.message })
    }
  }

  async #perform(request: HttpRequest): Promise<object | null> {
    const what = `${request.method} ${request.url.slice(CONTROL_PATH.length).split('?')[0]}`
    switch (what) {
      case 'GET faults':
        break
      case 'POST faults':
        this.#faults.add(...parseFaultRules(await bodyOf(request)))
        break
      case 'PUT faults':
        this.#faults.replace(parseFaultRules(await bodyOf(request)))
        break
      case 'DELETE faults':
        this.#faults.replace([])
        break
      case 'PUT limits':
        this.#setLimits(await bodyOf(request))
        return this.#limits()
      case 'GET limits':
        return this.#limits()
      default:
        return null
    }
    return { faults: this.#faults.counts }
  }

  #limits(): object {
    return {
      limits: Object.fromEntries(
        this.#streams.list().map(name => [name, limitsMembers(this.#streams.get(name).limits)]),
      ),
    }
  }

  #setLimits(body: unknown): void {
    const { limits: given, streamName, ...others } = body as Readonly<Record<string, unknown>>
    if ((streamName !== undefined && typeof streamName !== 'string') || Object.keys(others).length > 0)
      throw new MillraceError('invalid_argument', 'limits are set with the members limits and streamName')
    const limits = parseLimits(given)
    if (streamName === undefined) this.#streams.setLimits(limits)
    else this.#streams.get(streamName).setLimits(limits)
  }

  #isBearer(authorization: string | undefined): boolean {
    const given = Buffer.from(authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : '')
    return given.length === this.#token.length && timingSafeEqual(given, this.#token)
  }
}

async function bodyOf(request: HttpRequest): Promise<object> {
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== JSON_TYPE)
    throw new MillraceError('invalid_argument', `control calls have Content-Type ${JSON_TYPE}`)
  const bytes = await request.body(BODY_BYTES_MAX)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw new MillraceError('invalid_argument', 'the body is no JSON')
  }
  if (typeof value === 'object' && value !== null) return value
  throw new MillraceError('invalid_argument', 'the body must be an object or a list')
}

function send(reply: HttpReply, status: number, answer: object, headers: Readonly<Record<string, string>> = {}): void {
  const text = `${JSON.stringify(answer)}\n`
  reply.start(status, {
    'content-type': `${JSON_TYPE}; charset=utf-8`,
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  reply.end(text)
}
