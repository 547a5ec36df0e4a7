/** Our shapes against AWS's published API model, where Python has botocore. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { deliveryStream } from '../../../sinks/definition/delivery-stream.ts'
import type { Shape } from '../../../sinks/definition/shape.ts'

/** Prints the input of CreateDeliveryStream as one tree; texts of patterns stay out, as they are compared by their presence. */
const JUDGE = `
import json, botocore.session
model = botocore.session.get_session().get_service_model('firehose')
def tree(s):
    if s.type_name == 'structure':
        return {'kind': 'structure', 'required': sorted(s.required_members), 'members': {n: tree(m) for n, m in s.members.items()}}
    if s.type_name == 'list': return {'kind': 'list', 'min': s.metadata.get('min'), 'max': s.metadata.get('max'), 'item': tree(s.member)}
    if s.type_name == 'map': return {'kind': 'map', 'key': tree(s.key), 'value': tree(s.value)}
    if s.type_name == 'string':
        if s.enum: return {'kind': 'string', 'values': list(s.enum)}
        return {'kind': 'string', 'min': s.metadata.get('min'), 'max': s.metadata.get('max'), 'secret': bool(s.metadata.get('sensitive'))}
    return {'kind': s.type_name, 'min': s.metadata.get('min'), 'max': s.metadata.get('max')}
print(json.dumps(tree(model.operation_model('CreateDeliveryStream').input_shape)))
`

/** Members that the model marks as sensitive though they help in a message, and the token, which it does not mark and we hide. */
const SHOWN =
  /Url$|URL$|HECEndpoint$|HECToken$|User$|Username$|Database$|Schema$|Table$|ColumnName$|SnowflakeRole$|PrivateLinkVpceId$|AttributeName$|AttributeValue$/

type Tree = { readonly [name: string]: unknown }

function treeOf(shape: Shape): Tree {
  switch (shape.kind) {
    case 'structure':
      return {
        kind: 'structure',
        required: Object.keys(shape.required).toSorted(),
        members: Object.fromEntries(
          Object.entries({ ...shape.required, ...shape.optional }).map(([name, member]) => [name, treeOf(member)]),
        ),
      }
    case 'list':
      return { kind: 'list', min: shape.min || null, max: finite(shape.max), item: treeOf(shape.item) }
    case 'map':
      return { kind: 'map', key: treeOf(shape.key), value: treeOf(shape.value) }
    case 'string':
      if (shape.values !== null) return { kind: 'string', values: shape.values }
      return { kind: 'string', min: shape.min, max: shape.max, secret: shape.secret }
    case 'boolean':
    case 'timestamp':
      return { kind: shape.kind, min: null, max: null }
    case 'integer':
    case 'double':
      return { kind: shape.kind, min: shape.min, max: finite(shape.max) }
  }
}

function finite(value: number): number | null {
  return value >= Number.MAX_SAFE_INTEGER ? null : value
}

/** Secrets that we hide and the model does not are fine, as are those of `SHOWN`. */
function comparable(tree: unknown, path: string): unknown {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return tree
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([name]) => !(name === 'secret' && SHOWN.test(path)))
      .map(([name, member]) => {
        // A list may be empty by both ways of writing it.
        if (name === 'min' && member === 0 && 'item' in tree) return [name, null]
        return [name, comparable(member, ['members', 'item'].includes(name) ? path : `${path}.${name}`)]
      }),
  )
}

describe('shapes', () => {
  it('are those of the API model: members, kinds, bounds, values, secrets', ({ skip }) => {
    const { status, stdout } = spawnSync('python3', ['-c', JUDGE], { encoding: 'utf8', maxBuffer: 1 << 26 })
    if (status !== 0) return skip('python3 has no botocore here')
    const model = JSON.parse(stdout) as unknown
    expect(comparable(treeOf(deliveryStream), '')).toEqual(comparable(model, ''))
  })
})
