package dev.lazuli.estargz.toc;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;

/**
 * Reads RFC 3339 times such as {@code 2006-01-02T15:04:05.999999999+07:00} from bytes, one after
 * the other. Knows the last day again, which most files of a directory share.
 */
final class ModificationTime {
  private static final int DATE_BYTES = "2006-01-02".length();

  private byte[] text = {};
  private int end;
  private int at;

  /** The date that was read last, as it was written. */
  private final byte[] lastDate = new byte[DATE_BYTES];

  private boolean isDateKnown;
  private int lastYear;
  private long lastDays;
  private long seconds;
  private int nanos;

  /** Reads the time into the entry. Go's zero time, year 1, stands for "not known": 1970. */
  void read(Utf8Buffer from, TocEntry into) {
    text = from.bytes();
    end = from.length();
    at = 0;
    nanos = 0;
    parse();
    into.mtimeSeconds = seconds;
    into.mtimeNanos = nanos;
  }

  private void parse() {
    if (isLastDate()) {
      at = DATE_BYTES;
    } else {
      date();
    }
    var year = lastYear;
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
    seconds = year == 1 ? 0 : lastDays * 86_400 + hour * 3600L + minute * 60L + second - zone();
    if (year > 1 && at != end) {
      throw new DateTimeException("after the zone");
    }
  }

  private boolean isLastDate() {
    return isDateKnown
        && end > DATE_BYTES
        && Arrays.equals(text, 0, DATE_BYTES, lastDate, 0, DATE_BYTES);
  }

  private void date() {
    var year = digits(4);
    expect('-');
    var month = digits(2);
    expect('-');
    var day = digits(2);
    lastDays = LocalDate.of(year, month, day).toEpochDay();
    lastYear = year;
    System.arraycopy(text, 0, lastDate, 0, DATE_BYTES);
    isDateKnown = true;
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
