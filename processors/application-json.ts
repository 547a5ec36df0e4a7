/**
 * Reads the definition of a Kinesis Data Analytics SQL application as its owner has it: the requests and replies of both APIs
 * (2015-08-14 and 2018-05-23), CloudFormation templates and Terraform's JSON. Roles, tags, logging and all unknown keys are passed over.
 */
import {
  kindName,
  membersAt,
  type Problems,
  readInputSchema,
  textAtPath,
  throwProblems,
} from '../core/codecs/input-schema.ts'
import { MillraceError } from '../core/errors.ts'
import {
  APPLICATION_CODE_CHARACTERS_MAX,
  APPLICATION_NAME_CHARACTERS_MAX,
  type ApplicationDefinition,
  type ApplicationInput,
  type ApplicationOutput,
  INPUT_PARALLELISM_MAX,
  inputStreamNames,
  type ReferenceTable,
  STREAM_NAME_CHARACTERS_MAX,
} from './application-definition.ts'
import { resolveTemplate, Unresolved } from './application-template.ts'
import { type TerraformApplication, terraformApplications } from './application-terraform.ts'

export type * from './application-definition.ts'

export interface ImportOptions {
  /** logical id or name of the application resource; needed only where a template holds several */
  readonly resource?: string
}

/**
 * Reads an application definition from parsed JSON of any of the known shapes.
 * @throws MillraceError `config` that names every problem with its JSON path
 */
export function importApplication(json: unknown, options: ImportOptions = {}): ApplicationDefinition {
  const reader = new DefinitionReader()
  const definition = reader.read(json, options)
  throwProblems(reader.problems, 'the application definition')
  return definition
}

type Members = ReadonlyMap<string, unknown>

/** A value with the path that leads to it. */
interface Place {
  readonly value: unknown
  readonly path: string
}

const KINDS = ['KinesisStreams', 'KinesisFirehose', 'Lambda'] as const

class DefinitionReader {
  readonly problems: Problems = []
  readonly #notes: string[] = []

  read(json: unknown, options: ImportOptions): ApplicationDefinition {
    const root = membersAt(json, '$', this.problems) ?? new Map<string, unknown>()
    if (root.has('Resources')) return this.#template(root.get('Resources'), options)
    const terraform = terraformApplications(json)
    if (terraform !== null) return this.#terraform(terraform, options)
    const detail = root.get('ApplicationDetail')
    if (detail === undefined) return this.#application(root, '$', [], [], null)
    const members = membersAt(detail, '$.ApplicationDetail', this.problems) ?? new Map<string, unknown>()
    return this.#application(members, '$.ApplicationDetail', [], [], null)
  }

  /** A template: one application resource, and its outputs and tables in resources of their own. */
  #template(value: unknown, options: ImportOptions): ApplicationDefinition {
    const resources = membersAt(value, '$.Resources', this.problems) ?? new Map<string, unknown>()
    const ofKind = (kind: string): { id: string; members: Members; path: string; raw: unknown }[] => {
      const found = []
      for (const [id, resource] of resources) {
        if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) continue
        const members = new Map<string, unknown>(Object.entries(resource))
        if (
          members.get('Type') !== `AWS::KinesisAnalytics::${kind}` &&
          members.get('Type') !== `AWS::KinesisAnalyticsV2::${kind}`
        )
          continue
        const path = `$.Resources.${id}.Properties`
        const raw = members.get('Properties')
        found.push({
          id,
          path,
          raw,
          members: membersAt(resolveTemplate(raw), path, this.problems) ?? new Map<string, unknown>(),
        })
      }
      return found
    }
    const applications = ofKind('Application')
    const chosen = applications.filter(({ id }) => options.resource === undefined || options.resource === id)
    const [application] = chosen
    if (application === undefined || chosen.length > 1) {
      const names = applications.map(({ id }) => id).join(', ')
      throw new MillraceError(
        'config',
        applications.length === 0
          ? '$.Resources: holds no AWS::KinesisAnalytics::Application and no AWS::KinesisAnalyticsV2::Application'
          : `$.Resources: holds the applications ${names}; say which one to import by its logical id`,
      )
    }
    const name = application.members.get('ApplicationName')
    const belongs = (satellite: { members: Members; raw: unknown }): boolean => {
      const owner = new Map(Object.entries(satellite.raw ?? {})).get('ApplicationName')
      if (isReference(owner, application.id)) return true
      const resolved = satellite.members.get('ApplicationName')
      return resolved instanceof Unresolved ? applications.length === 1 : resolved === name
    }
    const satellites = (kind: string, key: string): Place[] =>
      ofKind(kind)
        .filter(belongs)
        .map(({ members, path }) => ({ value: members.get(key), path: `${path}.${key}` }))
    return this.#application(
      application.members,
      application.path,
      satellites('ApplicationOutput', 'Output'),
      satellites('ApplicationReferenceDataSource', 'ReferenceDataSource'),
      application.id,
    )
  }

  #terraform(applications: readonly TerraformApplication[], { resource }: ImportOptions): ApplicationDefinition {
    const [chosen, second] = applications.filter(({ name }) => resource === undefined || resource === name)
    if (chosen === undefined || second !== undefined)
      throw new MillraceError(
        'config',
        applications.length === 0
          ? '$.resource: holds no aws_kinesis_analytics_application'
          : `$.resource: holds the applications ${applications.map(({ name }) => name).join(', ')}; say which one to import by its name`,
      )
    const members = new Map(Object.entries(chosen.request))
    return this.#application(
      members,
      `$.resource.aws_kinesis_analytics_application.${chosen.name}`,
      [],
      [],
      chosen.name,
    )
  }

  #application(
    members: Members,
    path: string,
    outputs: readonly Place[],
    tables: readonly Place[],
    logicalId: string | null,
  ): ApplicationDefinition {
    const configuration = this.#optional(members, 'ApplicationConfiguration', path)
    const sql =
      configuration === null
        ? null
        : this.#optional(configuration.members, 'SqlApplicationConfiguration', configuration.path)
    if (configuration !== null && sql === null)
      this.#notes.push(`${configuration.path} holds no SqlApplicationConfiguration: the application has no inputs`)
    const runtime = members.get('RuntimeEnvironment')
    if (typeof runtime === 'string' && !runtime.startsWith('SQL-'))
      this.problems.push(`${path}.RuntimeEnvironment: "${runtime}" is no SQL application; only SQL-1_0 is read`)
    const home = configuration === null ? { members, path } : sql
    const code = configuration === null ? this.#codeV1(members, path) : this.#codeV2(configuration)
    const found = (key: string): Place[] => (home === null ? [] : this.#list(home.members, key, home.path))
    const single = home === null ? null : lookUp(home.members, 'ReferenceDataSource', home.path)
    const definition: ApplicationDefinition = {
      name: this.#name(members.get('ApplicationName'), `${path}.ApplicationName`, logicalId),
      code,
      inputs: found('Inputs').flatMap(place => this.#input(place) ?? []),
      outputs: [...found('Outputs'), ...outputs].flatMap(place => this.#output(place) ?? []),
      referenceTables: [...found('ReferenceDataSources'), ...(single === null ? [] : [single]), ...tables].flatMap(
        place => this.#table(place) ?? [],
      ),
      notes: this.#notes,
    }
    this.#refuseTwins(definition, path)
    if (code.length > APPLICATION_CODE_CHARACTERS_MAX)
      this.#notes.push(
        `the code has ${code.length} characters; the service took at most ${APPLICATION_CODE_CHARACTERS_MAX}`,
      )
    return definition
  }

  #refuseTwins(definition: ApplicationDefinition, path: string): void {
    const seen = new Set<string>()
    for (const name of [
      ...definition.inputs.flatMap(input => input.streamNames),
      ...definition.referenceTables.map(table => table.name),
    ]) {
      if (seen.has(name))
        this.problems.push(`${path}: two inputs or tables are called "${name}"; give each its own name`)
      seen.add(name)
    }
  }

  #name(value: unknown, path: string, logicalId: string | null): string {
    if (logicalId !== null && (value === undefined || value instanceof Unresolved)) {
      this.#notes.push(`${path} is left to the deployment; the application is called ${logicalId}`)
      return logicalId
    }
    const name = this.#text(value, path, APPLICATION_NAME_CHARACTERS_MAX)
    if (name !== null && !/^[a-zA-Z0-9_.-]+$/.test(name))
      this.problems.push(`${path}: "${name}" may hold only letters, digits, "_", "." and "-"`)
    return name ?? ''
  }

  #codeV1(members: Members, path: string): string {
    return this.#text(members.get('ApplicationCode'), `${path}.ApplicationCode`, Number.MAX_SAFE_INTEGER) ?? ''
  }

  #codeV2(configuration: { members: Members; path: string }): string {
    const holder = this.#required(configuration.members, 'ApplicationCodeConfiguration', configuration.path)
    if (holder === null) return ''
    const content = this.#required(holder.members, 'CodeContent', holder.path)
    if (content === null) return ''
    for (const key of ['S3ContentLocation', 'S3ApplicationCodeLocation', 'ZipFileContent'])
      if (lookUp(content.members, key, content.path) !== null) {
        this.problems.push(`${content.path}.${key}: the code is not in the definition; put its text into TextContent`)
        return ''
      }
    return this.#text(content.members.get('TextContent'), `${content.path}.TextContent`, Number.MAX_SAFE_INTEGER) ?? ''
  }

  #input({ value, path }: Place): ApplicationInput | null {
    const members = this.#members(value, path)
    if (members === null) return null
    const namePrefix = this.#text(members.get('NamePrefix'), `${path}.NamePrefix`, STREAM_NAME_CHARACTERS_MAX)
    const parallelism = this.#parallelism(members, path)
    const schemaPlace = lookUp(members, 'InputSchema', path) ?? { value: undefined, path: `${path}.InputSchema` }
    const schema = this.#schema(schemaPlace)
    const resource = this.#resource(members, 'Input', path)
    const processing = this.#optional(members, 'InputProcessingConfiguration', path)
    const lambda =
      processing === null ? null : this.#optional(processing.members, 'InputLambdaProcessor', processing.path)
    const processor =
      lambda === null
        ? null
        : { resourceArn: this.#place(lambda.members.get('ResourceARN'), `${lambda.path}.ResourceARN`) }
    if (namePrefix === null || schema === null || resource === null) return null
    if (resource.kind === 'lambda') {
      this.problems.push(`${path}.LambdaInput: records come from Kinesis or Firehose only`)
      return null
    }
    const { kind, resourceArn } = resource
    return {
      namePrefix,
      parallelism,
      streamNames: inputStreamNames(namePrefix, parallelism),
      schema,
      kind,
      resourceArn,
      processor,
    }
  }

  #parallelism(members: Members, path: string): number {
    const holder = this.#optional(members, 'InputParallelism', path)
    const value = holder?.members.get('Count')
    if (value === undefined || value === null) return 1
    // Templates may write numbers as texts.
    const count = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= INPUT_PARALLELISM_MAX)
      return count
    this.problems.push(
      `${path}.InputParallelism.Count: must be from 1 to ${INPUT_PARALLELISM_MAX}, not ${value instanceof Unresolved ? value.text : JSON.stringify(value)}`,
    )
    return 1
  }

  #output({ value, path }: Place): ApplicationOutput | null {
    const members = this.#members(value, path)
    if (members === null) return null
    const name = this.#text(members.get('Name'), `${path}.Name`, STREAM_NAME_CHARACTERS_MAX)
    const resource = this.#resource(members, 'Output', path)
    const destination = this.#required(members, 'DestinationSchema', path)
    const format = destination?.members.get('RecordFormatType')
    if (destination !== null && format !== 'JSON' && format !== 'CSV')
      this.problems.push(
        `${destination.path}.RecordFormatType: must be "JSON" or "CSV", not ${format instanceof Unresolved ? format.text : JSON.stringify(format)}`,
      )
    if (name === null || resource === null || (format !== 'JSON' && format !== 'CSV')) return null
    return { name, ...resource, format }
  }

  #table({ value, path }: Place): ReferenceTable | null {
    const members = this.#members(value, path)
    if (members === null) return null
    const name = this.#text(members.get('TableName'), `${path}.TableName`, STREAM_NAME_CHARACTERS_MAX)
    const object = this.#required(members, 'S3ReferenceDataSource', path)
    const schema = this.#schema(
      lookUp(members, 'ReferenceSchema', path) ?? { value: undefined, path: `${path}.ReferenceSchema` },
    )
    if (name === null || object === null || schema === null) return null
    return {
      name,
      bucketArn: this.#place(object.members.get('BucketARN'), `${object.path}.BucketARN`),
      fileKey: this.#place(object.members.get('FileKey'), `${object.path}.FileKey`),
      schema,
    }
  }

  #schema({ value, path }: Place): ApplicationInput['schema'] | null {
    const unresolved = findUnresolved(value, path)
    if (unresolved === null) return readInputSchema(value, path, this.problems)
    this.#refuseUnresolved(unresolved.value, unresolved.path)
    return null
  }

  /** The stream, delivery stream or function that an input or output names. */
  #resource(
    members: Members,
    direction: 'Input' | 'Output',
    path: string,
  ): { kind: 'kinesis' | 'firehose' | 'lambda'; resourceArn: string | null } | null {
    const found = KINDS.flatMap(kind => {
      const holder = this.#optional(members, `${kind}${direction}`, path)
      return holder === null ? [] : [{ kind, holder }]
    })
    const [first] = found
    if (first === undefined || found.length > 1) {
      const names = KINDS.filter(kind => direction === 'Output' || kind !== 'Lambda').map(kind => `${kind}${direction}`)
      this.problems.push(
        `${path}: names ${found.length === 0 ? 'no' : 'more than one'} resource; give one of ${names.join(', ')}`,
      )
      return null
    }
    const { kind, holder } = first
    return {
      kind: kind === 'KinesisStreams' ? 'kinesis' : kind === 'KinesisFirehose' ? 'firehose' : 'lambda',
      resourceArn: this.#place(holder.members.get('ResourceARN'), `${holder.path}.ResourceARN`),
    }
  }

  /** An ARN or key that says where something lies: a deployment may know it alone, since a local binding takes its place. */
  #place(value: unknown, path: string): string | null {
    if (!(value instanceof Unresolved)) return this.#text(value, path, 2_048)
    this.#notes.push(
      `${path} is ${value.text}, which only a deployment knows; bind it to a local source or destination`,
    )
    return null
  }

  #text(value: unknown, path: string, max: number): string | null {
    if (!(value instanceof Unresolved)) return textAtPath(value, path, { max }, this.problems)
    this.#refuseUnresolved(value, path)
    return null
  }

  #refuseUnresolved(value: Unresolved, path: string): void {
    this.problems.push(
      `${path}: is ${value.text}; only literal texts, Fn::Join and Fn::Sub of them can be read, so put the text in its place`,
    )
  }

  #members(value: unknown, path: string): Members | null {
    if (!(value instanceof Unresolved)) return membersAt(value, path, this.problems)
    this.#refuseUnresolved(value, path)
    return null
  }

  #optional(members: Members, key: string, path: string): { members: Members; path: string } | null {
    const place = lookUp(members, key, path)
    const found = place === null ? null : this.#members(place.value, place.path)
    return place === null || found === null ? null : { members: found, path: place.path }
  }

  #required(members: Members, key: string, path: string): { members: Members; path: string } | null {
    if (lookUp(members, key, path) === null) this.problems.push(`${path}.${key}: missing`)
    return this.#optional(members, key, path)
  }

  #list(members: Members, key: string, path: string): Place[] {
    const place = lookUp(members, key, path)
    if (place === null) return []
    if (place.value instanceof Unresolved) this.#refuseUnresolved(place.value, place.path)
    else if (!Array.isArray(place.value))
      this.problems.push(`${place.path}: must be an array, not ${kindName(place.value)}`)
    else return place.value.map((value: unknown, index) => ({ value, path: `${place.path}[${index}]` }))
    return []
  }
}

/** A member by its name in requests or in replies, which append Description or Descriptions; null where it is absent or null. */
function lookUp(members: Members, key: string, path: string): Place | null {
  const plural = key.endsWith('s') ? [`${key.slice(0, -1)}Descriptions`] : []
  for (const name of [key, `${key}Description`, ...plural]) {
    const value = members.get(name)
    if (value !== undefined && value !== null) return { value, path: `${path}.${name}` }
  }
  return null
}

function findUnresolved(value: unknown, path: string, depth = 0): { value: Unresolved; path: string } | null {
  if (value instanceof Unresolved) return { value, path }
  // A schema has five levels; what lies deeper is no part of it.
  if (typeof value !== 'object' || value === null || depth > 8) return null
  for (const [name, member] of Object.entries(value)) {
    const found = findUnresolved(member, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`, depth + 1)
    if (found !== null) return found
  }
  return null
}

function isReference(value: unknown, logicalId: string): boolean {
  return typeof value === 'object' && value !== null && (value as { Ref?: unknown }).Ref === logicalId
}
