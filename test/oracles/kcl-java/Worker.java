import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.StreamConfig;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.coordinator.CoordinatorConfig.ClientVersionConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.leases.LeaseAssignmentStrategy;
import software.amazon.kinesis.lifecycle.events.*;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.FormerStreamsLeasesDeletionStrategy;
import software.amazon.kinesis.processor.MultiStreamTracker;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;
import software.amazon.kinesis.worker.metric.OperatingRange;
import software.amazon.kinesis.worker.metric.impl.linux.LinuxCpuWorkerMetric;

/**
 * Workers of the KCL on one endpoint each for Kinesis and DynamoDB, driven by lines on standard input:
 *
 *   start APPLICATION WORKER STREAM [NAME=VALUE ...]   runs a worker; several streams are separated by commas
 *   shutdown WORKER                                    ends one in order, and says "down WORKER" when it has ended
 *
 * What they do goes to a trace file, a line in one write before the next step: see test/processors/consumer/fleet/worker-process.mjs.
 * Ends with its standard input.
 */
public final class Worker {
  static final AwsBasicCredentials CREDENTIALS = AwsBasicCredentials.create("AKIAIOSFODNN7EXAMPLE", "nobody-checks");
  static final AtomicInteger LIVES = new AtomicInteger();
  static FileOutputStream trace;

  static void tell(Object... words) {
    String line = System.currentTimeMillis() + " " + Arrays.stream(words).map(String::valueOf).collect(Collectors.joining(" ")) + "\n";
    try {
      trace.write(line.getBytes(StandardCharsets.UTF_8));
    } catch (IOException error) {
      throw new IllegalStateException(error);
    }
  }

  public static void main(String[] args) throws Exception {
    StaticCredentialsProvider credentials = StaticCredentialsProvider.create(CREDENTIALS);
    KinesisAsyncClient kinesis = KinesisAsyncClient.builder().endpointOverride(URI.create(args[0])).region(Region.US_EAST_1)
        .credentialsProvider(credentials)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP2)).build();
    DynamoDbAsyncClient dynamo = DynamoDbAsyncClient.builder().endpointOverride(URI.create(args[1])).region(Region.US_EAST_1)
        .credentialsProvider(credentials).build();
    // Never called: metrics are off. Its address is nobody's.
    CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.builder().endpointOverride(URI.create("http://127.0.0.1:9"))
        .region(Region.US_EAST_1).credentialsProvider(credentials).build();
    trace = new FileOutputStream(args[2], true);
    Map<String, Scheduler> workers = new ConcurrentHashMap<>();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      if (words[0].equals("start")) {
        Settings settings = new Settings(Arrays.copyOfRange(words, 4, words.length));
        Scheduler scheduler = scheduler(words[1], words[2], words[3], settings, kinesis, dynamo, cloudWatch);
        workers.put(words[2], scheduler);
        new Thread(scheduler, words[2]).start();
      } else if (words[0].equals("shutdown")) {
        new Thread(() -> {
          try {
            workers.get(words[1]).startGracefulShutdown().get(60, TimeUnit.SECONDS);
            System.out.println("down " + words[1]);
          } catch (Exception error) {
            System.out.println("failed " + words[1] + " " + error);
          }
        }).start();
      }
    }
    System.exit(0);
  }

  /** NAME=VALUE words. */
  static final class Settings {
    final Map<String, String> values = new ConcurrentHashMap<>();

    Settings(String[] words) {
      for (String word : words) values.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
    }

    String text(String name, String otherwise) {
      return values.getOrDefault(name, otherwise);
    }

    long number(String name, long otherwise) {
      return Long.parseLong(text(name, String.valueOf(otherwise)));
    }
  }

  static Scheduler scheduler(String application, String worker, String streams, Settings settings,
      KinesisAsyncClient kinesis, DynamoDbAsyncClient dynamo, CloudWatchAsyncClient cloudWatch) {
    InitialPositionInStreamExtended oldest =
        InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
    boolean isMulti = streams.contains(":");
    Function<String, StreamConfig> configOf =
        name -> new StreamConfig(StreamIdentifier.multiStreamInstance(name), oldest);
    ConfigsBuilder configs = isMulti
        ? new ConfigsBuilder(new Several(Arrays.stream(streams.split(",")).map(configOf).collect(Collectors.toList())),
            application, kinesis, dynamo, cloudWatch, worker, new Factory(worker, settings))
        : new ConfigsBuilder(new SingleStreamTracker(StreamIdentifier.singleStreamInstance(streams), oldest),
            application, kinesis, dynamo, cloudWatch, worker, new Factory(worker, settings));
    var leases = configs.leaseManagementConfig();
    long failover = settings.number("failoverTimeMillis", 10_000);
    leases.failoverTimeMillis(failover);
    // Without it the first sync of shards is followed by a minute of sleep.
    leases.shardSyncIntervalMillis(0);
    leases.leaseAssignmentIntervalMillis(settings.number("leaseAssignmentIntervalMillis", 2 * failover));
    leases.leaseAssignmentStrategy(LeaseAssignmentStrategy.valueOf(settings.text("leaseAssignmentStrategy", "LEASE_COUNT_BASED")));
    leases.dynamoDbLockBasedLeaderLeaseDurationInMillis(settings.number("leaderLeaseDurationMillis", failover));
    leases.dynamoDbLockBasedLeaderHeartbeatPeriodInMillis(settings.number("leaderHeartbeatIntervalMillis", failover / 4));
    var load = leases.workerUtilizationAwareAssignmentConfig();
    load.workerMetricsReporterFreqInMillis(settings.number("workerMetricsReporterFreqInMillis", 30_000));
    // By name: the default looks for the metadata service of EC2 and ECS.
    if (settings.text("metrics", "none").equals("cpu"))
      load.workerMetricList(List.of(new LinuxCpuWorkerMetric(OperatingRange.builder().maxUtilization(100).build())));
    else load.disableWorkerMetrics(true);
    var coordinator = configs.coordinatorConfig();
    coordinator.parentShardPollIntervalMillis(settings.number("parentShardPollIntervalMillis", 10_000));
    coordinator.shardConsumerDispatchPollIntervalMillis(200);
    coordinator.clientVersionConfig(ClientVersionConfig.valueOf(settings.text("clientVersionConfig", "CLIENT_VERSION_CONFIG_3X")));
    var retrieval = configs.retrievalConfig();
    RetrievalSpecificConfig specific;
    if (settings.text("retrievalMode", "POLLING").equals("FANOUT")) {
      specific = new FanOutConfig(kinesis).streamName(isMulti ? null : streams).applicationName(application);
    } else {
      PollingConfig polling = isMulti ? new PollingConfig(kinesis) : new PollingConfig(streams, kinesis);
      specific = polling.idleTimeBetweenReadsInMillis(settings.number("idleTimeBetweenReadsInMillis", 1_500));
    }
    retrieval.retrievalSpecificConfig(specific);
    return new Scheduler(configs.checkpointConfig(), coordinator, leases, configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()), configs.processorConfig(), retrieval);
  }

  /** Streams of one worker that reads several. */
  static final class Several implements MultiStreamTracker {
    final List<StreamConfig> configs;

    Several(List<StreamConfig> configs) {
      this.configs = configs;
    }

    @Override
    public List<StreamConfig> streamConfigList() {
      return new ArrayList<>(configs);
    }

    @Override
    public FormerStreamsLeasesDeletionStrategy formerStreamsLeasesDeletionStrategy() {
      return new FormerStreamsLeasesDeletionStrategy.AutoDetectionAndDeferredDeletionStrategy() {
        @Override
        public Duration waitPeriodToDeleteFormerStreams() {
          return Duration.ofHours(1);
        }
      };
    }
  }

  static final class Factory implements software.amazon.kinesis.processor.ShardRecordProcessorFactory {
    final String worker;
    final Settings settings;

    Factory(String worker, Settings settings) {
      this.worker = worker;
      this.settings = settings;
    }

    @Override
    public ShardRecordProcessor shardRecordProcessor() {
      return new Processor(worker, settings.text("until", ""));
    }
  }

  /** Saves after each batch; or, given a text, up to the record that has it, and nothing from then on. */
  static final class Processor implements ShardRecordProcessor {
    final String worker;
    final String life;
    final String until;
    String shard;
    KinesisClientRecord last;
    boolean isDone;

    Processor(String worker, String until) {
      this.worker = worker;
      this.until = until;
      this.life = worker + "/" + LIVES.incrementAndGet();
    }

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
      tell("began", worker, life, shard, input.extendedSequenceNumber().sequenceNumber(), input.extendedSequenceNumber().subSequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      if (isDone) return;
      for (KinesisClientRecord record : input.records()) {
        String text = StandardCharsets.UTF_8.decode(record.data().duplicate()).toString();
        tell("got", worker, life, shard, record.sequenceNumber(), record.subSequenceNumber(), text, record.aggregated());
        last = record;
        if (text.equals(until)) {
          isDone = true;
          save(input.checkpointer(), record);
          return;
        }
      }
      if (until.isEmpty() && last != null) save(input.checkpointer(), null);
    }

    void save(RecordProcessorCheckpointer checkpointer, KinesisClientRecord at) {
      try {
        if (at == null) checkpointer.checkpoint();
        else checkpointer.checkpoint(at.sequenceNumber(), at.subSequenceNumber());
        tell("saved", worker, life, shard, last.sequenceNumber(), last.subSequenceNumber());
      } catch (Exception error) {
        tell("failed", worker, life, shard, error.getClass().getSimpleName(), String.valueOf(error.getMessage()).replace('\n', ' '));
      }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      tell("ended", worker, life, shard, "LEASE_LOST");
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      try {
        input.checkpointer().checkpoint();
        tell("ended", worker, life, shard, "SHARD_END");
      } catch (Exception error) {
        tell("failed", worker, life, shard, error.getClass().getSimpleName());
      }
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      if (until.isEmpty() && last != null) save(input.checkpointer(), null);
      tell("asked", worker, life, shard);
    }
  }
}
