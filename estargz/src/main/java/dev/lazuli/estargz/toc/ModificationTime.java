package dev.lazuli.estargz.toc;

import java.time.DateTimeException;
import java.time.LocalDate;

/** Reads RFC 3339 times such as {@code 2006-01-02T15:04:05.999999999+07:00} from bytes. */
final class ModificationTime {
  private final byte[] text;
  private final int end;
  private int at;
  private long seconds;
  private int nanos;

  private ModificationTime(Utf8Buffer text) {
    this.text = text.bytes();
    end = text.length();
  }

  /** Reads the time into the entry. Go's zero time, year 1, stands for "not known": 1970. */
  static void read(Utf8Buffer text, TocEntry into) {
    var time = new ModificationTime(text);
    time.parse();
    into.mtimeSeconds = time.seconds;
    into.mtimeNanos = time.nanos;
  }

  private void parse() {
    var year = digits(4);
    expect('-');
    var month = digits(2);
    expect('-');
    var day = digits(2);
    expect('T');
    var hour = digits(2);
    expect(':');
    var minute = digits(2);
    expect(':');
    var second = digits(2);
    if (hour > 23 || minute > 59 || second > 59) {
      throw new DateTimeException("time of day");
    }
    fraction();
    var days = LocalDate.of(year, month, day).toEpochDay();
    seconds = year == 1 ? 0 : days * 86_400 + hour * 3600L + minute * 60L + second - zone();
    if (year > 1 && at != end) {
      throw new DateTimeException("after the zone");
    }
  }

  private void fraction() {
    if (at == end || text[at] != '.') {
      return;
    }
    at++;
    var unit = 100_000_000;
    for (; at < end && text[at] >= '0' && text[at] <= '9'; at++) {
      nanos += unit * (text[at] - '0');
      unit /= 10;
    }
  }

  private long zone() {
    if (at < end && (text[at] == 'Z' || text[at] == 'z')) {
      at++;
      return 0;
    }
    var west = at < end && text[at] == '-';
    expect(west ? '-' : '+');
    var offset = digits(2) * 3600L;
    expect(':');
    offset += digits(2) * 60L;
    return west ? -offset : offset;
  }

  private int digits(int count) {
    var value = 0;
    for (int i = 0; i < count; i++, at++) {
      if (at == end || text[at] < '0' || text[at] > '9') {
        throw new DateTimeException("digit");
      }
      value = 10 * value + text[at] - '0';
    }
    return value;
  }

  private void expect(char c) {
    if (at == end || text[at] != c) {
      throw new DateTimeException("'" + c + "'");
    }
    at++;
  }
}
