/** NextToken of lists: where a page ended. "Tokens expire after 300 seconds" (ListShards, ListStreamConsumers). */
import { ServiceError } from './service-error.ts'

const TOKEN_LIFE_MS = 300_000

export interface PageToken {
  readonly of: 'shards' | 'consumers'
  readonly streamName: string
  /** tells a stream from an older one of the same name */
  readonly createdAt: number
  readonly issuedAt: number
  /** the last name of the page before; empty for the first page */
  readonly after: string
  /** what the first call asked for beside */
  readonly filter: unknown
}

export function encodeToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

/** @throws ServiceError InvalidArgumentException, ExpiredNextTokenException */
export function decodeToken(text: string, of: PageToken['of'], now: number): PageToken {
  const token = parsed(text)
  if (token === null || token.of !== of) throw new ServiceError('InvalidArgumentException', 'NextToken is invalid.')
  if (now - token.issuedAt > TOKEN_LIFE_MS)
    throw new ServiceError('ExpiredNextTokenException', `NextToken is older than ${TOKEN_LIFE_MS / 1_000} seconds.`)
  return token
}

function parsed(text: string): PageToken | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (typeof value !== 'object' || value === null) return null
    const token = value as PageToken
    const isOurs =
      typeof token.streamName === 'string' &&
      typeof token.createdAt === 'number' &&
      typeof token.issuedAt === 'number' &&
      typeof token.after === 'string'
    return isOurs ? token : null
  } catch {
    return null
  }
}
