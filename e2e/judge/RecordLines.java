// Writes and reads Kafka records with Kafka's own Java client, one record a line: `write|read BOOTSTRAP TOPIC [COUNT]`; run from its source.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A line is `partition offset timestamp key value header…`, separated by blanks; bytes are "=" and Base64, null is "null"; a header is
 * `=name:value`. Without offset (`-`) when written.
 */
public final class RecordLines {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "write" -> write(args[1], args[2]);
      case "read" -> read(args[1], args[2], Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  private static void write(String bootstrap, String topic) throws Exception {
    Properties settings = new Properties();
    settings.putAll(Map.of("bootstrap.servers", bootstrap, "max.request.size", "8000000", "max.in.flight.requests.per.connection", "1"));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        List<Header> headers = new ArrayList<>();
        for (int at = 5; at < words.length; at += 1) {
          String[] parts = words[at].split(":");
          headers.add(new RecordHeader(new String(bytes(parts[0]), StandardCharsets.UTF_8), bytes(parts[1])));
        }
        int partition = Integer.parseInt(words[0]);
        producer.send(new ProducerRecord<>(topic, partition, Long.valueOf(words[2]), bytes(words[3]), bytes(words[4]), headers)).get();
      }
    }
  }

  private static void read(String bootstrap, String topic, int count) {
    Properties settings = new Properties();
    settings.putAll(Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"));
    long endMs = System.currentTimeMillis() + 30_000;
    try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partitions = consumer.partitionsFor(topic).stream().map(found -> new TopicPartition(topic, found.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      for (int seen = 0; seen < count; ) {
        if (System.currentTimeMillis() > endMs) throw new IllegalStateException(seen + " of " + count + " records of " + topic);
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          System.out.println(line(record));
          seen += 1;
        }
      }
    }
  }

  private static String line(ConsumerRecord<byte[], byte[]> record) {
    StringBuilder line = new StringBuilder();
    line.append(record.partition()).append(' ').append(record.offset()).append(' ').append(record.timestamp());
    line.append(' ').append(text(record.key())).append(' ').append(text(record.value()));
    for (Header header : record.headers())
      line.append(' ').append(text(header.key().getBytes(StandardCharsets.UTF_8))).append(':').append(text(header.value()));
    return line.toString();
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "null" : "=" + Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] bytes(String text) {
    return text.equals("null") ? null : Base64.getDecoder().decode(text.substring(1));
  }
}
