package dev.lazuli.estargz.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Tars for tests, written by an independent library, and what they hold. */
public final class SampleTar {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");
  private final Map<String, byte[]> files = new LinkedHashMap<>();

  public SampleTar() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    tar.setAddPaxHeadersForNonAsciiNames(true);
  }

  /** Returns a layer with every kind of entry and files around the usual sizes. */
  public static SampleTar rich() throws IOException {
    return new SampleTar()
        .directory("etc/")
        .file("etc/hostname", "lazuli\n".getBytes(UTF_8))
        .file("etc/empty", new byte[0])
        .file("usr/lib/" + "long".repeat(40) + "/x", text(700))
        .file("bin/tool", noise(150_000, 1))
        .file("bin/text", text(4_500_000))
        .link("bin/same", "bin/tool", TarConstants.LF_LINK)
        .link("bin/sh", "tool", TarConstants.LF_SYMLINK)
        .file("opt/ünïcode", text(4096))
        .file("opt/.wh.gone", new byte[0])
        .device("dev/null", 1, 3)
        .file("last", noise(5000, 2));
  }

  public SampleTar directory(String name) throws IOException {
    var entry = new TarArchiveEntry(name);
    entry.setModTime(1_600_000_000_000L);
    entry.setUserName("root");
    return end(entry);
  }

  public SampleTar file(String name, byte[] content) throws IOException {
    var entry = new TarArchiveEntry(name);
    entry.setSize(content.length);
    entry.setMode(0104755);
    entry.setModTime(1_600_000_000_123L);
    entry.setIds(1000, 70_000);
    entry.addPaxHeader("SCHILY.xattr.user.note", "né");
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
    files.put(name, content);
    return this;
  }

  public SampleTar link(String name, String target, byte type) throws IOException {
    var entry = new TarArchiveEntry(name, type);
    entry.setLinkName(target);
    entry.setMode(0104755);
    entry.setIds(1000, 70_000);
    return end(entry);
  }

  public SampleTar device(String name, int major, int minor) throws IOException {
    var entry = new TarArchiveEntry(name, TarConstants.LF_CHR);
    entry.setDevMajor(major);
    entry.setDevMinor(minor);
    return end(entry);
  }

  private SampleTar end(TarArchiveEntry entry) throws IOException {
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
    return this;
  }

  public byte[] bytes() throws IOException {
    tar.finish();
    return bytes.toByteArray();
  }

  /** Returns the regular files' contents by name. */
  public Map<String, byte[]> files() {
    return files;
  }

  /** Returns bytes that do not compress. */
  public static byte[] noise(int size, int seed) {
    var noise = new byte[size];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  /** Returns bytes that compress as text does. */
  public static byte[] text(int size) {
    var random = new Random(size);
    var text = new byte[size];
    for (int i = 0; i < size; i++) {
      text[i] = (byte) ("etaoinshr \n".charAt(random.nextInt(11)) + (i % 7 == 0 ? 1 : 0));
    }
    return text;
  }
}
