/** Passwords and tokens: written in the definition, or kept in Secrets Manager and read again from time to time. */
import { type Clock, MillraceError } from '../../core/index.ts'

/** Firehose guide: a secret is read again every 10 minutes, so that a rotation is seen. */
const SECRET_LIFE_MS = 600_000

/** The text of a secret, by its ARN; for `@aws-sdk/client-secrets-manager` that is the SecretString of GetSecretValue. */
export type SecretReader = (secretArn: string) => Promise<string>

export type SecretPlace = { readonly value: string } | { readonly secretArn: string }

export class Secret {
  readonly #place: SecretPlace
  readonly #member: string
  readonly #reader: SecretReader | undefined
  readonly #clock: Clock
  #kept: { readonly value: string; readonly untilMs: number } | null = null

  /**
   * @param member of the secret's JSON that holds the value
   * @throws MillraceError `config` when the secret is in Secrets Manager and nothing reads it
   */
  constructor(place: SecretPlace, member: string, reader: SecretReader | undefined, clock: Clock) {
    if ('secretArn' in place && reader === undefined)
      throw new MillraceError('config', `secret ${place.secretArn}: nothing reads it; give readSecret`)
    this.#place = place
    this.#member = member
    this.#reader = reader
    this.#clock = clock
  }

  /** @throws what the reader throws; MillraceError `config` when the secret has no such member */
  async read(): Promise<string> {
    if ('value' in this.#place) return this.#place.value
    const nowMs = this.#clock.monotonicMs()
    if (this.#kept !== null && nowMs < this.#kept.untilMs) return this.#kept.value
    const { secretArn } = this.#place
    const value = memberOf((await this.#reader?.(secretArn)) ?? '', this.#member)
    if (value === null)
      throw new MillraceError('config', `secret ${secretArn}: it is no JSON with a text "${this.#member}"`)
    this.#kept = { value, untilMs: nowMs + SECRET_LIFE_MS }
    return value
  }
}

function memberOf(text: string, name: string): string | null {
  try {
    const value: unknown = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.[name]
    return typeof value === 'string' ? value : null
  } catch {
    return null
  }
}
