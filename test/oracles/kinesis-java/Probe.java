import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.*;

/**
 * Works on an endpoint with Amazon's own Java client and prints what it was told, one fact a line. The client's defaults decide
 * the protocols: CBOR unless aws.cborEnabled is false, and HTTP/2 or HTTP/1.1 by the second argument.
 */
public final class Probe {
  static String text(SdkBytes bytes) {
    return bytes.asUtf8String();
  }

  static void say(String name, Object value) {
    System.out.println(name + "\t" + value);
  }

  static Throwable causeOf(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
  }

  public static void main(String[] args) throws Exception {
    for (String protocol : args[1].split(",")) {
      say("protocol", protocol);
      work(args[0], Protocol.valueOf(protocol), args[2] + "-" + protocol);
    }
  }

  static void work(String endpoint, Protocol protocol, String stream) throws Exception {
    try (KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
        .endpointOverride(URI.create(endpoint))
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIAIOSFODNN7EXAMPLE", "nobody-checks")))
        .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(protocol))
        .build()) {
      kinesis.createStream(r -> r.streamName(stream).shardCount(2).tags(Map.of("team", "clicks"))).get();
      StreamDescriptionSummary summary =
          kinesis.describeStreamSummary(r -> r.streamName(stream)).get().streamDescriptionSummary();
      say("status", summary.streamStatusAsString());
      say("created", summary.streamCreationTimestamp());
      say("tags", kinesis.listTagsForStream(r -> r.streamName(stream)).get().tags().get(0).value());
      List<Shard> shards = kinesis.listShards(r -> r.streamName(stream)).get().shards();
      say("shards", shards.size());
      say("upper", shards.get(1).hashKeyRange().endingHashKey());

      byte[] binary = new byte[256];
      for (int i = 0; i < binary.length; i++) binary[i] = (byte) i;
      PutRecordResponse one = kinesis.putRecord(r -> r
          .streamARN(summary.streamARN()).data(SdkBytes.fromByteArray(binary)).partitionKey("ключ").explicitHashKey("0")).get();
      say("shard", one.shardId());
      List<PutRecordsRequestEntry> entries = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int n = i;
        entries.add(PutRecordsRequestEntry.builder()
            .data(SdkBytes.fromString("row " + n, StandardCharsets.UTF_8)).partitionKey("k").explicitHashKey("0").build());
      }
      PutRecordsResponse many = kinesis.putRecords(r -> r.streamName(stream).records(entries)).get();
      say("failed", many.failedRecordCount());
      say("results", many.records().size());

      Instant before = summary.streamCreationTimestamp();
      String iterator = kinesis.getShardIterator(r -> r.streamName(stream).shardId(one.shardId())
          .shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(before)).get().shardIterator();
      GetRecordsResponse read = kinesis.getRecords(r -> r.shardIterator(iterator)).get();
      say("records", read.records().size());
      say("binary", java.util.Arrays.equals(read.records().get(0).data().asByteArray(), binary));
      say("key", read.records().get(0).partitionKey().codePointCount(0, read.records().get(0).partitionKey().length()));
      say("number", read.records().get(0).sequenceNumber().equals(one.sequenceNumber()));
      say("arrived", read.records().get(0).approximateArrivalTimestamp());
      say("last", text(read.records().get(500).data()));
      say("behind", read.millisBehindLatest());

      try {
        kinesis.describeStream(r -> r.streamName("none")).join();
      } catch (CompletionException error) {
        say("unknown", causeOf(error).getClass().getSimpleName() + " " + ((KinesisException) causeOf(error)).awsErrorDetails().errorMessage());
      }
      try {
        kinesis.putRecord(r -> r.streamName(stream).data(SdkBytes.fromByteArray(new byte[1])).partitionKey("")).join();
      } catch (CompletionException error) {
        say("invalid", ((KinesisException) causeOf(error)).awsErrorDetails().errorCode());
      }

      String consumer = kinesis.registerStreamConsumer(r -> r.streamARN(summary.streamARN()).consumerName("java"))
          .get().consumer().consumerARN();
      List<String> events = new ArrayList<>();
      CompletableFuture<Void> ended = kinesis.subscribeToShard(
          r -> r.consumerARN(consumer).shardId(one.shardId()).startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
          SubscribeToShardResponseHandler.builder()
              .onError(error -> say("error", error))
              .subscriber(SubscribeToShardResponseHandler.Visitor.builder()
                  .onSubscribeToShardEvent(event -> {
                    if (!event.records().isEmpty())
                      events.add(event.records().size() + " " + (event.continuationSequenceNumber() != null) + " "
                          + event.records().get(0).approximateArrivalTimestamp());
                    if (event.hasChildShards() && !event.childShards().isEmpty())
                      events.add("end " + event.childShards().size() + " " + event.childShards().get(0).parentShards());
                    else if (events.size() == 1)
                      kinesis.splitShard(s -> s.streamName(stream).shardToSplit(one.shardId()).newStartingHashKey("1000"));
                  }).build())
              .build());
      ended.get(60, TimeUnit.SECONDS);
      for (String event : events) say("event", event);
      say("done", true);
    }
  }
}
