/**
 * A KPL `.properties` file into settings. KPL's keys fall into three sets: those that the producer has, those that belong to the
 * client that the caller makes (region, endpoint, credentials), and those of KPL's native process, which mean nothing here.
 */
import { javaProperties, MillraceError } from '../core/index.ts'
import { completeConfiguration, PRODUCER_SETTINGS, type ProducerConfiguration } from './configuration.ts'

/** Settings of the clients, for the caller to make them with; as KPL checks them. */
export interface ClientSettings {
  readonly Region: string
  readonly KinesisEndpoint: string
  readonly KinesisPort: number
  readonly CloudwatchEndpoint: string
  readonly CloudwatchPort: number
  readonly StsEndpoint: string
  readonly StsPort: number
  readonly ProxyHost: string
  readonly ProxyPort: number
  readonly ProxyUserName: string
  readonly ProxyPassword: string
  readonly VerifyCertificate: boolean
  readonly CaCertPath: string
  readonly CaCertFile: string
  readonly ConnectTimeout: number
  readonly MinConnections: number
  readonly CredentialsRefreshDelay: number
  /** 1 to 255 characters, not beginning with `AWS/`; where CloudWatch metrics go */
  readonly MetricsNamespace: string
  readonly LogLevel: string
}

export interface KplProperties {
  /** complete, for `new Producer({ configuration })` */
  readonly configuration: ProducerConfiguration
  readonly client: ClientSettings
  /** keys that the file has and that mean nothing without KPL's native process */
  readonly ignored: readonly string[]
}

const CLIENT_DEFAULTS: ClientSettings = {
  Region: '',
  KinesisEndpoint: '',
  KinesisPort: 443,
  CloudwatchEndpoint: '',
  CloudwatchPort: 443,
  StsEndpoint: '',
  StsPort: 443,
  ProxyHost: '',
  ProxyPort: 443,
  ProxyUserName: '',
  ProxyPassword: '',
  VerifyCertificate: true,
  CaCertPath: '',
  CaCertFile: '',
  ConnectTimeout: 6_000,
  MinConnections: 1,
  CredentialsRefreshDelay: 5_000,
  MetricsNamespace: 'KinesisProducerLibrary',
  LogLevel: 'info',
}

const CLIENT_RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  KinesisPort: [1, 65_535],
  CloudwatchPort: [1, 65_535],
  StsPort: [1, 65_535],
  ProxyPort: [1, 65_535],
  ConnectTimeout: [100, 300_000],
  MinConnections: [1, 16],
  CredentialsRefreshDelay: [1, 300_000],
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error']

/** Keys of KPL without a meaning here: its native process, its own trackers, its schema registry client. */
const NATIVE_KEYS = new Set([
  'ThreadingModel',
  'ThreadPoolSize',
  'NativeExecutable',
  'TempDirectory',
  'EnableCoreDumps',
  'EnableDaemonHealthCheck',
  'DaemonHealthCheckTimeoutMs',
  'EnableOldestFutureTracker',
  'GlueSchemaRegistryPropertiesFilePath',
])

const INTEGER_MAX = 2n ** 63n - 1n

/**
 * Reads the text of a `.properties` file as Java does.
 * @throws MillraceError `config` with every key that KPL does not know, or with the first value out of range
 */
export function parseKplProperties(text: string): KplProperties {
  const producer: Record<string, unknown> = {}
  const client: Record<string, unknown> = { ...CLIENT_DEFAULTS }
  const ignored: string[] = []
  const unknown: string[] = []
  const examples = completeConfiguration()
  for (const [name, value] of javaProperties(text)) {
    if (PRODUCER_SETTINGS.includes(name))
      producer[name] = valueLike(name, value, examples[name as keyof ProducerConfiguration])
    else if (name in CLIENT_DEFAULTS) client[name] = clientValue(name, value)
    else if (NATIVE_KEYS.has(name)) ignored.push(name)
    else unknown.push(name)
  }
  if (unknown.length > 0)
    throw new MillraceError(
      'config',
      `producer properties have ${unknown.length === 1 ? 'a key' : 'keys'} that KPL does not know: ${unknown.join(', ')}; remove or correct ${unknown.length === 1 ? 'it' : 'them'}`,
    )
  return { configuration: completeConfiguration(producer), client: client as unknown as ClientSettings, ignored }
}

/** KPL's limits reach 2^63 - 1; what a double cannot hold exactly is no limit at all. */
function valueLike(name: string, text: string, example: unknown): unknown {
  if (typeof example === 'boolean') {
    if (!/^(true|false)$/i.test(text)) throw wrong(name, text, 'true or false')
    return text.toLowerCase() === 'true'
  }
  if (typeof example === 'string') return text.toLowerCase()
  if (!/^-?\d{1,19}$/.test(text) || BigInt(text) > INTEGER_MAX) throw wrong(name, text, 'a whole number')
  const value = Number(text)
  if (value <= Number.MAX_SAFE_INTEGER) return value
  return name === 'RecordTtl' ? Number.POSITIVE_INFINITY : Number.MAX_SAFE_INTEGER
}

function clientValue(name: string, text: string): unknown {
  const range = CLIENT_RANGES[name]
  if (range !== undefined) {
    const value = valueLike(name, text, 0)
    if (typeof value !== 'number' || value < range[0] || value > range[1])
      throw wrong(name, text, `a whole number from ${range[0]} to ${range[1]}`)
    return value
  }
  if (name === 'VerifyCertificate') return valueLike(name, text, true)
  if (name === 'LogLevel' && !LOG_LEVELS.includes(text.toLowerCase())) throw wrong(name, text, LOG_LEVELS.join(', '))
  if (name === 'MetricsNamespace' && (text === '' || text.length > 255 || text.startsWith('AWS/')))
    throw wrong(name, text, '1 to 255 characters that do not begin with AWS/')
  if (name === 'Region' && text !== '' && !/^[a-z]+(-[a-z]+)+-\d+$/.test(text)) throw wrong(name, text, 'a region')
  return text
}

function wrong(name: string, text: string, allowed: string): MillraceError {
  return new MillraceError('config', `producer property ${name} is ${JSON.stringify(text)}; give ${allowed}`)
}
