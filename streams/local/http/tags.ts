/** Tags of streams and consumers, under the older names (…ToStream) and the newer ones (…Resource). */
import { ACCOUNT, consumerInArn, streamNameInArn } from '../arn.ts'
import type { LocalStream } from '../local-stream.ts'
import type { Tag } from '../stream-file.ts'
import { type Answer, type Call, streamNamed } from './service.ts'
import { ServiceError } from './service-error.ts'
import { STREAM_RULES, streamNameIn } from './stream-name.ts'
import { Input, type Rule } from './validate.ts'

/** AddTagsToStream: "You can add up to 50 tags per resource". */
const TAGS_MAX = 50
const KEY_CHARACTERS_MAX = 128
const VALUE_CHARACTERS_MAX = 256
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

export const MAP_OF_TAGS: Rule = { type: 'structure' }
const KEYS: Rule = { type: 'list', required: true, min: 1, max: TAGS_MAX }
const RESOURCE_ARN: Rule = {
  type: 'string',
  required: true,
  min: 1,
  max: 2_048,
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+',
}

export async function addTagsToStream({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, { ...STREAM_RULES, Tags: { ...MAP_OF_TAGS, required: true } })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.label({ tags: withTags(stream, stream.description.tags, tagsIn(input.structure('Tags', {}))) })
  return null
}

export async function removeTagsFromStream({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, { ...STREAM_RULES, TagKeys: KEYS })
  const stream = streamNamed(streams, streamNameIn(input))
  await stream.label({ tags: withoutTags(stream.description.tags, input) })
  return null
}

export function listTagsForStream({ service: { streams }, body }: Call): Answer {
  const input = new Input(body, {
    ...STREAM_RULES,
    Limit: { type: 'integer', min: 1, max: TAGS_MAX },
    ExclusiveStartTagKey: { type: 'string', min: 1, max: KEY_CHARACTERS_MAX },
  })
  const stream = streamNamed(streams, streamNameIn(input))
  const after = input.text('ExclusiveStartTagKey') ?? ''
  const limit = input.number('Limit') ?? TAGS_MAX
  const tags = stream.description.tags.toSorted(([a], [b]) => (a < b ? -1 : 1)).filter(([key]) => key > after)
  return { Tags: tagMembers(tags.slice(0, limit)), HasMoreTags: tags.length > limit }
}

export async function tagResource({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, { ResourceARN: RESOURCE_ARN, Tags: { ...MAP_OF_TAGS, required: true } })
  const resource = resourceIn(input, streams)
  await resource.label(withTags(resource.stream, resource.tags, tagsIn(input.structure('Tags', {}))))
  return null
}

export async function untagResource({ service: { streams }, body }: Call): Promise<Answer> {
  const input = new Input(body, { ResourceARN: RESOURCE_ARN, TagKeys: KEYS })
  const resource = resourceIn(input, streams)
  await resource.label(withoutTags(resource.tags, input))
  return null
}

export function listTagsForResource({ service: { streams }, body }: Call): Answer {
  const { tags } = resourceIn(new Input(body, { ResourceARN: RESOURCE_ARN }), streams)
  return { Tags: tagMembers(tags.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

/**
 * The tags in a map of a request.
 * @throws ServiceError ValidationException, SerializationException
 */
export function tagsIn(map: Input | undefined): readonly Tag[] {
  const entries = map?.entries ?? []
  return entries.map(([key, value]) => {
    if (typeof value !== 'string')
      throw new ServiceError('SerializationException', `the value of tag ${key} can not be converted to a string`)
    if (key.length < 1 || key.length > KEY_CHARACTERS_MAX || value.length > VALUE_CHARACTERS_MAX)
      throw new ServiceError(
        'ValidationException',
        `1 validation error detected: Value at 'tags' failed to satisfy constraint: Map keys must have 1 to ${KEY_CHARACTERS_MAX} characters and values at most ${VALUE_CHARACTERS_MAX}`,
      )
    if (!ALLOWED.test(key) || !ALLOWED.test(value))
      throw new ServiceError(
        'InvalidArgumentException',
        'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.',
      )
    return [key, value]
  })
}

interface Resource {
  readonly stream: LocalStream
  readonly tags: readonly Tag[]
  label(tags: readonly Tag[]): Promise<void>
}

function resourceIn(input: Input, streams: Call['service']['streams']): Resource {
  const arn = input.text('ResourceARN') ?? ''
  const stream = streamNamed(streams, streamNameInArn(arn) ?? arn)
  const named = consumerInArn(arn)
  const { consumers, tags } = stream.description
  if (named === null) return { stream, tags, label: changed => stream.label({ tags: changed }) }
  const consumer = consumers.find(({ consumerName }) => consumerName === named.consumerName)
  if (consumer === undefined) throw new ServiceError('ResourceNotFoundException', `Consumer ${arn} not found.`)
  return {
    stream,
    tags: consumer.tags,
    label: changed =>
      stream.label({
        consumers: stream.description.consumers.map(one => (one === consumer ? { ...one, tags: changed } : one)),
      }),
  }
}

function withTags({ streamName }: LocalStream, tags: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const merged = [...new Map([...tags, ...added])]
  if (merged.length <= TAGS_MAX) return merged
  throw new ServiceError(
    'InvalidArgumentException',
    `Failed to add tags to stream ${streamName} under account ${ACCOUNT} because a given stream cannot have more than ${TAGS_MAX} tags associated with it.`,
  )
}

function withoutTags(tags: readonly Tag[], input: Input): readonly Tag[] {
  const removed = new Set(input.list('TagKeys'))
  return tags.filter(([key]) => !removed.has(key))
}

function tagMembers(tags: readonly Tag[]): readonly object[] {
  return tags.map(([Key, Value]) => ({ Key, Value }))
}
