#!/usr/bin/env node
import { createRequire } from 'node:module'
/** The millrace command. Each command is a file of its own and is loaded only when it runs. */
import { Command, CommanderError } from 'commander'
import { EXIT, type ExitCode, explainFailure } from './exit.ts'
import { type CommandOptions, repeated } from './options.ts'

interface CommandModule {
  /** Runs to the end; what it throws is explained and decides the exit code. */
  readonly run: (args: readonly string[], options: CommandOptions) => Promise<ExitCode>
}

// The package is its own dependency by name, wherever this file was built to.
const manifest = createRequire(import.meta.url)('millrace/package.json') as { version: string; description: string }

const program = new Command('millrace')
  .description(`${manifest.description}.`)
  .version(manifest.version)
  .showHelpAfterError('(run millrace --help for the commands and their options)')
  .exitOverride()

/** Registers a command whose code is loaded on use. */
function command(usage: string, description: string, load: () => Promise<CommandModule>): Command {
  return program
    .command(usage)
    .description(description)
    .exitOverride()
    .action(async (...given: unknown[]) => {
      const self = given[given.length - 1] as Command
      process.exitCode = await (await load()).run(self.args, self.opts<CommandOptions>())
    })
}

command(
  'demo',
  'a shop with synthetic visitors, ten SQL views, Parquet and JSON files, and a live page',
  () => import('./demo.ts'),
)
  .option('--rate <events>', 'events a second', '500')
  .option('--duration <time>', 'drain and end after this time, such as 15s or 2m')
  .option('--out <dir>', 'where files are written', './millrace-data')
  .option('--port <port>', 'port of the live page; 0 picks a free one', '8321')
  .option('--allow-host <name>', 'answer to this name too, such as host.docker.internal; once for each', repeated)
  .option('--stream-port <port>', 'port of the Kinesis endpoint; 0 picks a free one', '0')
  .option('--shop-port <port>', "port of the shop's page; 0 picks a free one", '0')
  .option('--seed <number>', 'the same seed makes the same visitors', '1')
  .option('--report <file>', 'write the closing report as JSON')

command('dev [config]', 'run a pipeline on an embedded stream, with a live page', () => import('./dev.ts'))
  .option('--port <port>', 'port of the live page; 0 picks a free one', '8321')
  .option('--allow-host <name>', 'answer to this name too, such as host.docker.internal; once for each', repeated)
  .option('--stream-port <port>', 'port of the Kinesis endpoint; 0 picks a free one', '4567')
  .option('--duration <time>', 'drain and end after this time')

command(
  'stream',
  'Kinesis on this machine: streams for any client, with limits and faults on request',
  () => import('./stream.ts'),
)
  .option('--port <port>', 'port of the Kinesis endpoint; 0 picks a free one', '4567')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--allow-remote', 'listen where other machines can reach it; no call needs a password')
  .option('--stream <name:shards>', 'make this stream if it is not there; once for each stream', repeated)
  .option('--dir <dir>', 'keep records in this directory; left out, they live in memory')
  .option('--durability <when>', 'each-put, or how long after a put the disk has it at the latest', '1s')
  .option('--memory <MiB>', 'without a directory: what one stream may hold', '256')
  .option('--when-full <what>', 'without a directory: refuse puts, or trim the oldest records', 'refuse')
  .option(
    '--limits <rates>',
    "none, service for the service's own, or NAME=RATE,... such as writeRecordsPerSecond=100",
    'none',
  )
  .option('--fault <rule>', 'such as "throttle PutRecords rate=0.1"; once for each rule', repeated)
  .option('--faults <file>', 'rules of faults as JSON')
  .option('--seed <number>', 'the same seed hits the same calls', '1')
  .option('--state-delay <time>', 'how long streams are CREATING, UPDATING and DELETING')
  .option('--region <region>', 'shown in ARNs', 'us-east-1')
  .option('--duration <time>', 'end after this time')

command(
  'replay <app>',
  'run an SQL program over a file; APP is a .sql file or a KDA application JSON',
  () => import('./replay.ts'),
)
  .option('--input <file>', 'JSON lines, CSV or text; plain or gzipped. Needed unless --bindings name it')
  .requiredOption('--out <dir>', 'where <STREAM>.jsonl files are written')
  .option('--schema <file>', 'KDA InputSchema of the input; needed with a .sql file')
  .option('--resource <id>', 'logical id of the application, where a template holds several')
  .option('--reference <table=file>', 'rows of a reference table, JSON or CSV; once for each table', repeated)
  .option('--reference-schema <table=file>', 'ReferenceSchema of a table, with a .sql file', repeated)
  .option(
    '--preprocess <module>',
    'module in place of the pre-processing Lambda function; none: its work is done already',
  )
  .option('--bindings <file>', 'JSON of local paths by ARN, for what an application JSON names')
  .option(
    '--format <format>',
    'rows: JSON with ROWTIME; records: JSON or CSV as the outputs of the application',
    'rows',
  )
  .option('--arrival <column>', 'take the arrival time of each record from this column')
  .option('--shards <count>', 'shards to spread the records over; results do not depend on it', '1')
  .option('--batch <rows>', 'records read at once; results do not depend on it', '1024')

command('check <app>', 'compile an SQL program and print its plan, without running it', () => import('./check.ts'))
  .option('--schema <file>', 'KDA InputSchema of the input; needed with a .sql file')
  .option('--reference-schema <table=file>', 'ReferenceSchema of a table, with a .sql file', repeated)
  .option('--resource <id>', 'logical id of the application, where a template holds several')
  .option('--host <host>', 'lambda: refuse what a Lambda function cannot run, a program that remembers rows')

command(
  'dashboards <action> [config]',
  "build: files that Grafana or CloudWatch draws a pipeline's results from; diff: what a build would change, exit code 1 where it would",
  () => import('./dashboards.ts'),
)
  .option('--for <tool>', 'grafana or cloudwatch', 'grafana')
  .option('--out <dir>', 'folder of the files; default: ./grafana or ./cloudwatch')
  .option('--port <port>', 'port of the live page, which answers the queries', '8321')
  .option(
    '--network <network>',
    'host: the container shares the network of this machine; bridge: it does not. Default: host on Linux',
  )
  .option('--region <region>', 'CloudWatch: region of the metrics', 'us-east-1')
  .option('--log-group <name>', 'CloudWatch: where rows that are written as lines end up, for tables')
  .option('--demo', 'the dashboard of millrace demo')

command('shards <stream>', 'the shards of a Kinesis stream: keys, parents, open or closed', () => import('./shards.ts'))
  .option('--region <region>', "region of the stream; default: the AWS SDK's own configuration")
  .option('--endpoint <url>', "endpoint other than the region's own, such as that of millrace stream")
  .option('--json', 'one line of JSON a shard')

command(
  'checkpoints <action> <application>',
  'ls: how far the workers of an application are, shard by shard; reset: set their checkpoints',
  () => import('./checkpoints.ts'),
)
  .option('--table <name>', 'lease table, where it is not named as the application')
  .option('--dir <dir>', 'directory of a lease table that is a file')
  .option('--region <region>', "region of the table; default: the AWS SDK's own configuration")
  .option('--endpoint <url>', "endpoint of DynamoDB other than the region's own")
  .option('--to <position>', 'reset: TRIM_HORIZON, LATEST, AT_TIMESTAMP, or SEQUENCE[:SUBSEQUENCE] of one shard')
  .option('--shard <shard>', 'only this shard or lease key; once for each', repeated)
  .option('--force', 'reset also where a worker owns the lease; it loses it')
  .option('--json', 'one line of JSON a lease')

/** Where a running pipeline is. */
const liveOptions = (which: Command): Command =>
  which
    .option('--url <url>', 'live page of the pipeline, as it was printed at its start; default http://127.0.0.1:8321/')
    .option('--token <token>', 'token of the page; default the one in --url, else the variable MILLRACE_TOKEN')

liveOptions(
  command(
    'top',
    'how a running pipeline is: rates, bottleneck, state, shards, refreshed until q',
    () => import('./top.ts'),
  ),
)
  .option('--interval <time>', 'how often it is refreshed', '1s')
  .option('--once', 'one snapshot, as where the output is no terminal')
  .option('--json', 'one snapshot as a line of JSON')

liveOptions(
  command(
    'tap <stream>',
    'rows of a stream or a pump of a running pipeline as they pass, a line of JSON each; masked fields are ***',
    () => import('./tap.ts'),
  ),
)
  .option('--limit <rows>', 'end after so many rows')
  .option('--rate <rows>', 'rows a second at most, from 1 to 1000; the others are counted on stderr', '100')

liveOptions(
  command(
    'query <sql>',
    'one SELECT over the newest results of a running pipeline, a line of JSON a row; nothing is changed',
    () => import('./query.ts'),
  ),
).option('--table', 'aligned columns in place of JSON')

command(
  'plan <definition> <sample>',
  'what a delivery stream would do with a sample: keys, partitions, sizes, failures; nothing is written',
  () => import('./plan.ts'),
)
  .option('--table <file>', 'table of record format conversion, as aws glue get-table prints it')
  .option('--transform <module>', 'module whose handler serves the Lambda processor')
  .option('--json', 'the plan as JSON')

command(
  'dlq <action> <place>',
  'ls: what could not be delivered; show: those records; redrive: put them into a delivery stream, each once. PLACE is a directory or s3://BUCKET/PREFIX of error objects',
  () => import('./dlq.ts'),
)
  .option('--stage <stage>', 'only this stage, such as processing-failed or format-conversion')
  .option('--error <code>', 'only this error code; * stands for anything, as in "Lambda.*"')
  .option('--since <time>', 'only what failed then or later: 2026-11-22T10:00:00Z, or 2h for two hours ago')
  .option('--until <time>', 'only what failed before')
  .option('--limit <records>', 'show: so many records', '20')
  .option('--to <file>', 'redrive: JSON of the delivery stream that takes the records')
  .option('--root <dir>', 'redrive: the buckets of that stream are directories here; default: S3')
  .option('--table <file>', 'redrive: table of its record format conversion')
  .option('--transform <module>', 'redrive: module whose handler serves its Lambda processor')
  .option('--region <region>', "region of S3; default: the AWS SDK's own configuration")
  .option('--endpoint <url>', "endpoint of S3 other than the region's own")
  .option('--json', 'JSON lines')

command(
  'audit <place>',
  'prove a delivery from its manifests. PLACE is a directory or s3://BUCKET; exit code 1 where it is not proven',
  () => import('./audit.ts'),
)
  .option('--stream <name>', 'only this delivery stream')
  .option('--prefix <prefix>', 'only objects below this prefix')
  .option('--quick', 'compare sizes, without reading the objects')
  .option('--region <region>', "region of S3; default: the AWS SDK's own configuration")
  .option('--endpoint <url>', "endpoint of S3 other than the region's own")
  .option('--json', 'the report as JSON')

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version leave with 0; everything else that the parser refuses is a usage error and has been printed.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  } else {
    const { message, code } = explainFailure(error)
    process.stderr.write(`millrace: ${message}\n`)
    process.exitCode = code
  }
}
