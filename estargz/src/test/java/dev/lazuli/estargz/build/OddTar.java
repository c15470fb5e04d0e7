package dev.lazuli.estargz.build;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.Map;

/** A tar written byte by byte, also as no library writes it. Text is bytes in ISO 8859-1. */
public final class OddTar {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** What a header says besides name, type, link and size. */
  public record Facts(String mode, long uid, long gid, long mtime, String user, String magic) {
    public static final Facts FILE = new Facts("0000644", 0, 0, 1_700_000_000, "", "ustar\00000");

    public Facts withMode(int newMode) {
      return new Facts("%07o".formatted(newMode), uid, gid, mtime, user, magic);
    }

    public Facts withOwner(long newUid, long newGid) {
      return new Facts(mode, newUid, newGid, mtime, user, magic);
    }

    public Facts withMtime(long newMtime) {
      return new Facts(mode, uid, gid, newMtime, user, magic);
    }

    public Facts withUser(String newUser) {
      return new Facts(mode, uid, gid, mtime, newUser, magic);
    }
  }

  public OddTar file(String name, String content) {
    return entry(name, '0', "", content, Facts.FILE);
  }

  public OddTar directory(String name, int mode) {
    return entry(name, '5', "", "", Facts.FILE.withMode(mode));
  }

  public OddTar symlink(String name, String target) {
    return entry(name, '2', target, "", Facts.FILE);
  }

  public OddTar hardLink(String name, String target) {
    return entry(name, '1', target, "", Facts.FILE);
  }

  public OddTar entry(String name, char type, String link, String content, Facts facts) {
    header(name, type, link, content.length(), facts);
    return padded(content);
  }

  public OddTar device(String name, int major, int minor, Facts facts) {
    return header(name, '3', "", 0, "%07o\0%07o".formatted(major, minor), facts);
  }

  /** Adds an extension header of PAX, type x or g. */
  public OddTar pax(char type, Map<String, String> records) {
    var text = new StringBuilder();
    records.forEach((key, value) -> text.append(record(key, value)));
    return extension(type, "PaxHeaders/x", text.toString());
  }

  /** Adds a long name of GNU, type L or K. */
  public OddTar gnu(char type, String text) {
    return extension(type, "././@LongLink", text + '\0');
  }

  public OddTar extension(char type, String name, String content) {
    return entry(name, type, "", content, Facts.FILE);
  }

  public OddTar raw(String text) {
    bytes.writeBytes(text.getBytes(ISO_8859_1));
    return this;
  }

  private OddTar padded(String content) {
    return raw(content).raw("\0".repeat(-content.length() & (BLOCK - 1)));
  }

  public OddTar header(String name, char type, String link, long size, Facts facts) {
    return header(name, type, link, size, "", facts);
  }

  private OddTar header(
      String name, char type, String link, long size, String device, Facts facts) {
    var block = new StringBuilder("\0".repeat(BLOCK));
    put(block, 0, name.substring(0, Math.min(100, name.length())));
    put(block, 100, facts.mode());
    put(block, 108, "%07o".formatted(facts.uid()));
    put(block, 116, "%07o".formatted(facts.gid()));
    put(block, 124, "%011o".formatted(size));
    put(block, 136, "%011o".formatted(facts.mtime()));
    put(block, 148, "        ");
    put(block, 156, String.valueOf(type));
    put(block, 157, link.substring(0, Math.min(100, link.length())));
    put(block, 257, facts.magic());
    put(block, 265, facts.user());
    put(block, 329, device);
    put(block, 148, "%06o\0 ".formatted(block.chars().sum()));
    return raw(block.toString());
  }

  private static void put(StringBuilder block, int at, String text) {
    block.replace(at, at + text.length(), text);
  }

  private static String record(String key, String value) {
    var rest = key.length() + value.length() + 3;
    var length = rest + Integer.toString(rest).length();
    length = rest + Integer.toString(length).length();
    return length + " " + key + "=" + value + "\n";
  }

  /** Returns what was written, without blocks that end it. */
  public byte[] bytes() {
    return bytes.toByteArray();
  }

  /** Returns it with the two blocks of zeros that end a tar. */
  public byte[] ended() {
    return raw("\0".repeat(2 * BLOCK)).bytes();
  }
}
