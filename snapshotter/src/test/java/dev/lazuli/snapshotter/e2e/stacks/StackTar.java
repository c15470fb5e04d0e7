package dev.lazuli.snapshotter.e2e.stacks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Writes entries as tar in all the ways that tars in images are written: names that begin with
 * {@code ./} or {@code /}, long names by PAX records or in GNU's manner or split in two, numbers as
 * PAX records or in GNU's base 256, PAX records that nobody knows. The header's layout is POSIX's
 * (IEEE 1003.1-2008, "ustar Interchange Format").
 */
final class StackTar {
  private static final int BLOCK = 512;
  private static final int NAME_BYTES = 100;
  private static final int PREFIX_BYTES = 155;
  private static final int MOST_OCTAL_ID = 0_7777777;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final RandomGenerator random;

  StackTar(RandomGenerator random) {
    this.random = random;
  }

  void write(StackEntry entry) {
    var name = name(entry);
    var link = entry.type() == StackEntry.HARD_LINK ? prefix() + entry.link() : entry.link();
    var records = new LinkedHashMap<String, byte[]>();
    var header = new byte[BLOCK];
    put(header, 257, "ustar\00000");
    header[156] = (byte) entry.type();
    longText(header, 0, name, "path", 'L', records);
    longText(header, 157, link, "linkpath", 'K', records);
    octal(header, 100, 8, entry.attributes().mode());
    id(header, 108, entry.attributes().uid(), "uid", records);
    id(header, 116, entry.attributes().gid(), "gid", records);
    octal(header, 124, 12, entry.content().length());
    time(header, entry.attributes().modified(), records);
    octal(header, 329, 8, entry.major());
    octal(header, 337, 8, entry.minor());
    entry.attributes().xattrs().forEach((key, value) -> records.put("SCHILY.xattr." + key, value));
    if (random.nextInt(20) == 0) {
      records.put("comment", "nobody reads this".getBytes(UTF_8));
    }
    if (!records.isEmpty()) {
      extension('x', records(records));
    }
    block(header);
    data(entry.content().getBytes(ISO_8859_1));
  }

  /** Writes a header for all entries to come that changes nothing, as {@code git archive} does. */
  void writeGlobalHeader() {
    extension('g', records(Map.of("comment", "0123abcd".getBytes(US_ASCII))));
  }

  byte[] end() {
    out.writeBytes(new byte[2 * BLOCK]);
    return out.toByteArray();
  }

  private String prefix() {
    return switch (random.nextInt(8)) {
      case 0, 1 -> "./";
      case 2 -> "/";
      default -> "";
    };
  }

  private String name(StackEntry entry) {
    var slash = entry.type() == StackEntry.DIRECTORY && random.nextInt(8) > 0 ? "/" : "";
    var path = entry.path();
    if (random.nextInt(20) == 0) {
      path = path.replaceFirst("/", random.nextBoolean() ? "//" : "/./");
    }
    return prefix() + path + slash;
  }

  /** Writes a name or a link's target, whichever way it fits. */
  private void longText(
      byte[] header, int at, String text, String key, char gnu, Map<String, byte[]> records) {
    var bytes = text.getBytes(UTF_8);
    put(header, at, Arrays.copyOf(bytes, Math.min(bytes.length, NAME_BYTES)));
    boolean fits = bytes.length <= NAME_BYTES;
    if (fits && random.nextInt(10) > 0) {
      return;
    }
    int split = at == 0 ? split(bytes) : -1;
    if (!fits && split > 0 && random.nextBoolean()) {
      Arrays.fill(header, 0, NAME_BYTES, (byte) 0);
      put(header, 0, Arrays.copyOfRange(bytes, split + 1, bytes.length));
      put(header, 345, Arrays.copyOf(bytes, split));
    } else if (random.nextBoolean() || bytes.length == 0) {
      if (bytes.length > 0) {
        records.put(key, bytes);
      }
    } else {
      extension(gnu, Arrays.copyOf(bytes, bytes.length + 1));
    }
  }

  /** Returns at which slash a name fits into the header's two fields, or -1. */
  private static int split(byte[] name) {
    for (int i = Math.min(name.length - 2, PREFIX_BYTES); i > 0; i--) {
      if (name[i] == '/' && name.length - i - 1 <= NAME_BYTES) {
        return i;
      }
    }
    return -1;
  }

  private void id(byte[] header, int at, int id, String key, Map<String, byte[]> records) {
    if (id <= MOST_OCTAL_ID && random.nextInt(10) > 0) {
      octal(header, at, 8, id);
    } else if (random.nextBoolean()) {
      records.put(key, Integer.toString(id).getBytes(US_ASCII));
      octal(header, at, 8, 0);
    } else {
      header[at] = (byte) 0x80;
      for (int i = 0; i < Integer.BYTES; i++) {
        header[at + 7 - i] = (byte) (id >>> (Byte.SIZE * i));
      }
    }
  }

  private static void time(byte[] header, Instant time, Map<String, byte[]> records) {
    octal(header, 136, 12, time.getEpochSecond());
    if (time.getNano() > 0) {
      var text = "%d.%09d".formatted(time.getEpochSecond(), time.getNano());
      records.put("mtime", text.getBytes(US_ASCII));
    }
  }

  private void extension(char type, byte[] content) {
    var header = new byte[BLOCK];
    put(header, 0, "././@LongLink");
    put(header, 257, "ustar\00000");
    header[156] = (byte) type;
    octal(header, 100, 8, 0644);
    octal(header, 108, 8, 0);
    octal(header, 116, 8, 0);
    octal(header, 124, 12, content.length);
    octal(header, 136, 12, 0);
    block(header);
    data(content);
  }

  /** Each record is "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
  private static byte[] records(Map<String, byte[]> records) {
    var bytes = new ByteArrayOutputStream();
    records.forEach(
        (key, value) -> {
          int body = key.length() + value.length + 3;
          int length = body + Integer.toString(body).length();
          length = body + Integer.toString(length).length();
          bytes.writeBytes((length + " " + key + "=").getBytes(US_ASCII));
          bytes.writeBytes(value);
          bytes.write('\n');
        });
    return bytes.toByteArray();
  }

  private void block(byte[] header) {
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    octal(header, 148, 7, sum);
    out.writeBytes(header);
  }

  private void data(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[-bytes.length & (BLOCK - 1)]);
  }

  private static void put(byte[] header, int at, String text) {
    put(header, at, text.getBytes(US_ASCII));
  }

  private static void put(byte[] header, int at, byte[] bytes) {
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }

  private static void octal(byte[] header, int at, int width, long value) {
    put(header, at, String.format("%0" + (width - 1) + "o", value));
    header[at + width - 1] = 0;
  }
}
