/** Who sent a request, as far as that may be kept. */
import type { HttpRequest } from '../../core/index.ts'

/**
 * The address of the client: of the connection, or where a proxy of ours stands before us the last one that it added to
 * X-Forwarded-For; what stands before that is what the client claims.
 */
export function clientAddress(request: HttpRequest, isBehindProxy: boolean): string {
  const forwarded = isBehindProxy ? request.headers['x-forwarded-for']?.split(',').at(-1)?.trim() : undefined
  return (forwarded ?? '') || (request.remoteAddress ?? '') || 'unknown'
}

/** The address without what tells one household from the next: the last 8 bits of IPv4, the last 80 of IPv6. Null: no address. */
export function truncatedAddress(address: string): string | null {
  const mapped = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(address)
  if (mapped?.[1] !== undefined) return `${mapped[1]}.0`
  if (!/^[0-9a-f:]+(%\w+)?$/i.test(address) || !address.includes(':')) return null
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, 3).join(':')}::`
}
