import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * apps/analytics/src/domain/topology.ts for Kafka Streams: of every event of the shop, once, by when it happened and up to a
 * minute late, the sales and the conversion of each second by product, country and device, with how many visitors there were
 * and what their baskets were worth; of every visit, when it is over, how long it was and how many pages it saw. Partitions
 * are counted apart here as there, so nothing is repartitioned.
 *
 * Arguments: bootstrap servers, application id, guarantee, folder of the state.
 */
public final class ShopTopology {
  static final long SECOND = 1_000, MINUTE = 60_000, WITHIN = 10 * MINUTE, GAP = 5 * MINUTE,
      GRACE = MINUTE + SECOND;
  static final int VIEWS = 0, SEARCHES = 1, BASKETS = 2, CHECKOUTS = 3, PURCHASES = 4, UNITS = 5, REVENUE = 6, CONVERTED = 7,
      LATE = 8, EARLY = 9, DUPLICATES = 10, UNREADABLE = 11, MEASURES = 12;
  /** Of rows about visits. */
  static final int VISITS = 0, PAGES = 1, DURATION = 2;

  public static void main(String[] args) throws Exception {
    var settings = new Properties();
    settings.putAll(Map.of(
        StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0],
        StreamsConfig.APPLICATION_ID_CONFIG, args[1],
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG, args[2],
        StreamsConfig.STATE_DIR_CONFIG, args[3],
        StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100,
        StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1,
        StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 << 20,
        StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest",
        StreamsConfig.producerPrefix("compression.type"), "snappy"));
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    var streams = new KafkaStreams(topology(), settings);
    var over = new CountDownLatch(1);
    streams.setStateListener((now, before) -> System.out.println("state " + now));
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> { streams.close(Duration.ofSeconds(10)); over.countDown(); }));
    streams.start();
    over.await();
  }

  static Topology topology() {
    return new Topology()
        .addSource("events", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), "shop-events")
        .addProcessor("count", Counting::new, "events")
        .addStateStore(Stores.windowStoreBuilder(
            Stores.inMemoryWindowStore("seen", Duration.ofMinutes(2), Duration.ofSeconds(10), false),
            Serdes.String(), Serdes.ByteArray()).withLoggingEnabled(Map.of()), "count")
        .addStateStore(Stores.windowStoreBuilder(
            Stores.persistentWindowStore("steps", Duration.ofMinutes(21), Duration.ofMinutes(10), false),
            Serdes.String(), Serdes.ByteArray()).withLoggingEnabled(Map.of()), "count")
        .addStateStore(Stores.sessionStoreBuilder(
            Stores.persistentSessionStore("visits", Duration.ofMinutes(10)),
            Serdes.String(), Serdes.ByteArray()).withLoggingEnabled(Map.of()), "count")
        .addStateStore(Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore("due"), Serdes.String(), Serdes.ByteArray()).withLoggingEnabled(Map.of()), "count")
        .addStateStore(Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore("sums"), Serdes.String(), Serdes.ByteArray()).withCachingEnabled(), "count")
        .addSink("results", "ks-results", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "count")
        .addSink("late", "ks-late", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "count");
  }

  static final class Counting implements Processor<String, byte[], String, byte[]> {
    private final ObjectMapper json = new ObjectMapper();
    private final byte[] present = {1};
    private final Set<String> changed = new HashSet<>();
    private ProcessorContext<String, byte[]> context;
    private WindowStore<String, byte[]> seen, steps;
    private SessionStore<String, byte[]> visits;
    private KeyValueStore<String, byte[]> sums, due;
    private long watermark = Long.MIN_VALUE;

    @Override public void init(ProcessorContext<String, byte[]> context) {
      this.context = context;
      seen = context.getStateStore("seen");
      steps = context.getStateStore("steps");
      visits = context.getStateStore("visits");
      due = context.getStateStore("due");
      sums = context.getStateStore("sums");
      context.schedule(Duration.ofMillis(100), PunctuationType.WALL_CLOCK_TIME, now -> tell(now));
      context.schedule(Duration.ofSeconds(10), PunctuationType.STREAM_TIME, now -> forget());
    }

    @Override public void process(Record<String, byte[]> record) {
      JsonNode event;
      try {
        event = json.readTree(record.value());
      } catch (java.io.IOException error) {
        add(watermark, "all/", UNREADABLE, 1);
        return;
      }
      long time = event.get("time").longValue();
      boolean late = watermark != Long.MIN_VALUE && second(time) + SECOND + MINUTE <= watermark;
      if (late || time > record.timestamp() + MINUTE) {
        add(watermark == Long.MIN_VALUE ? record.timestamp() : watermark, "all/", late ? LATE : EARLY, 1);
        context.forward(record, "late");
        return;
      }
      watermark = Math.max(watermark, time);
      String id = event.get("id").textValue();
      if (seen.fetch(id, time) != null) {
        add(time, "all/", DUPLICATES, 1);
        return;
      }
      seen.put(id, present, time);
      count(event, time);
    }

    private void count(JsonNode event, long time) {
      String session = event.get("session").textValue();
      String[] keys = {"all/", "country/" + event.get("country").textValue(), "device/" + event.get("device").textValue()};
      visitor(time, session);
      visit(event, time, session);
      switch (event.get("type").textValue()) {
        case "view" -> step(event, time, keys, event.get("sku").textValue(), session, 0, VIEWS, 1);
        case "search" -> { for (String key : keys) add(time, key, SEARCHES, 1); }
        case "basket" -> {
          if (event.get("change").intValue() > 0) step(event, time, keys, event.get("sku").textValue(), session, 1, BASKETS, 1);
        }
        default -> {
          for (String key : keys) add(time, key, CHECKOUTS, 1);
          boolean ours = event.get("currency").textValue().equals("EUR");
          long worth = 0;
          for (JsonNode line : event.get("lines")) {
            String sku = line.get("sku").textValue();
            long quantity = line.get("quantity").longValue(), amount = quantity * line.get("price").longValue();
            worth += amount;
            for (String key : keys) { add(time, key, UNITS, quantity); if (ours) add(time, key, REVENUE, amount); }
            add(time, "product/" + sku, UNITS, quantity);
            if (ours) add(time, "product/" + sku, REVENUE, amount);
            step(event, time, keys, sku, session, 2, PURCHASES, 1);
          }
          if (ours) add(time, "worth/" + bin(worth), CHECKOUTS, 1);
        }
      }
    }

    /** Counts it, and completes the ways from a view to a purchase that it is a part of, whichever step came last. */
    private void step(JsonNode event, long time, String[] keys, String sku, String session, int stage, int measure, long amount) {
      for (String key : keys) add(time, key, measure, amount);
      add(time, "product/" + sku, measure, amount);
      String way = session + "|" + sku + "|";
      steps.put(way + stage, String.join("|", keys).getBytes(), time);
      try (var purchases = steps.fetch(way + 2, time, stage == 2 ? time : time + 2 * WITHIN)) {
        while (purchases.hasNext()) {
          var purchase = purchases.next();
          if (steps.fetch(way + "told", purchase.key) != null || !converts(way, purchase.key)) continue;
          steps.put(way + "told", present, purchase.key);
          for (String key : new String(purchase.value).split("\\|")) add(purchase.key, key, CONVERTED, 1);
          add(purchase.key, "product/" + sku, CONVERTED, 1);
        }
      }
    }

    private boolean converts(String way, long bought) {
      try (var baskets = steps.fetch(way + 1, Math.max(0, bought - WITHIN), bought)) {
        while (baskets.hasNext()) {
          long chosen = baskets.next().key;
          try (var views = steps.fetch(way + 0, Math.max(0, chosen - WITHIN), chosen)) {
            if (views.hasNext()) return true;
          }
        }
      }
      return false;
    }

    /** HyperLogLog: of each register the highest rank. */
    private void visitor(long time, String session) {
      long hash = session.hashCode() * 0x9E3779B97F4A7C15L;
      hash ^= hash >>> 32;
      hash *= 0xD6E8FEB86659FD93L;
      String key = second(time) + "/visitors/" + (hash >>> 52);
      byte rank = (byte) (Long.numberOfLeadingZeros(hash << 12) + 1);
      byte[] known = sums.get(key);
      if (known != null && known[0] >= rank) return;
      sums.put(key, new byte[] {rank});
      changed.add(key);
    }

    /** Session windows: one event more, and with it whatever it joins. */
    private void visit(JsonNode event, long time, String session) {
      String type = event.get("type").textValue();
      var visit = new Visit(type.equals("view") || type.equals("search") ? 1 : 0, time,
          event.get("country").textValue(), event.get("device").textValue());
      long start = time, end = time;
      var joined = listOf(visits.findSessions(session, time - GAP, time + GAP));
      for (var each : joined) {
        start = Math.min(start, each.key.window().start());
        end = Math.max(end, each.key.window().end());
        visit = visit.with(Visit.of(each.value));
        visits.remove(each.key);
      }
      visits.put(new Windowed<>(session, new SessionWindow(start, end)), visit.bytes());
      if (joined.isEmpty()) due.put(second(end) + "/" + session, present);
    }

    /** Suppressed until the window closes: whole seconds, each once. Who has gone on since is looked at again. */
    private void endVisits() {
      if (watermark == Long.MIN_VALUE) return;
      long open = second(watermark - GAP - GRACE);
      for (var each : listOf(due.range("0", Long.toString(open)))) {
        due.delete(each.key);
        String session = each.key.substring(each.key.indexOf('/') + 1);
        for (var visit : listOf(visits.findSessions(session, 0, watermark))) {
          long end = visit.key.window().end();
          if (end < open) endVisit(visit.key, Visit.of(visit.value));
          else due.put(second(end) + "/" + session, present);
        }
      }
    }

    /** What saw no page is no visit. */
    private void endVisit(Windowed<String> session, Visit visit) {
      visits.remove(session);
      if (visit.pages == 0) return;
      long end = session.window().end(), duration = end - session.window().start();
      for (String key : new String[] {"all/", "country/" + visit.country, "device/" + visit.device}) {
        String name = "visits/" + key;
        add(end, name, VISITS, 1);
        add(end, name, PAGES, visit.pages);
        add(end, name, DURATION, duration);
        add(end, name + "/" + bin(duration), VISITS, 1);
      }
    }

    private static <K> List<KeyValue<K, byte[]>> listOf(KeyValueIterator<K, byte[]> found) {
      var list = new ArrayList<KeyValue<K, byte[]>>();
      try (found) { found.forEachRemaining(list::add); }
      return list;
    }

    /** DDSketch: of 1 % accuracy. */
    private static int bin(long value) { return (int) Math.ceil(Math.log(Math.max(1, value)) / Math.log(1.01 / 0.99)); }

    private void add(long time, String key, int measure, long amount) {
      String name = second(time) + "/" + key;
      byte[] known = sums.get(name);
      var row = ByteBuffer.wrap(known == null ? new byte[8 * MEASURES] : known.clone());
      row.putLong(8 * measure, row.getLong(8 * measure) + amount);
      sums.put(name, row.array());
      changed.add(name);
    }

    private void tell(long now) {
      endVisits();
      for (String key : changed) context.forward(new Record<>(key, sums.get(key), now), "results");
      changed.clear();
    }

    private void forget() {
      if (watermark == Long.MIN_VALUE) return;
      String end = Long.toString(second(watermark) - MINUTE - SECOND);
      try (var old = sums.range("0", end)) {
        while (old.hasNext()) sums.delete(old.next().key);
      }
    }

    private static long second(long time) { return time - time % SECOND; }
  }

  /** What is known of a visit besides when it began and ended: its pages, and where its first event was. */
  record Visit(long pages, long since, String country, String device) {
    Visit with(Visit other) {
      var first = isBefore(other) ? this : other;
      return new Visit(pages + other.pages, first.since, first.country, first.device);
    }

    /** Of events at the same instant the one by name, so that their order does not matter. */
    private boolean isBefore(Visit other) {
      if (since != other.since) return since < other.since;
      return (country + " " + device).compareTo(other.country + " " + other.device) < 0;
    }

    byte[] bytes() { return (pages + " " + since + " " + country + " " + device).getBytes(); }

    static Visit of(byte[] bytes) {
      var parts = new String(bytes).split(" ");
      return new Visit(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2], parts[3]);
    }
  }
}
