package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;

/** Images with damage in any place give an error or what is in them, never bytes from elsewhere. */
final class ErofsImageFuzzTest {
  private static final MemorySegment WHOLE = image();
  private static final MemorySegment DAMAGED = Arena.global().allocate(WHOLE.byteSize(), 8);
  private static final int MOST_ENTRIES = 20_000;
  private static final MemorySegment NAME = MemorySegment.ofArray("file-00042".getBytes(US_ASCII));

  @FuzzTest(maxDuration = "30s")
  void damaged_image(FuzzedDataProvider data) {
    DAMAGED.copyFrom(WHOLE);
    int size = (int) WHOLE.byteSize();
    int cut = data.consumeBoolean() ? data.consumeInt(0, size) : size;
    while (data.remainingBytes() > 3) {
      DAMAGED.set(JAVA_BYTE, data.consumeInt(0, size - 1), data.consumeByte());
    }
    try (var image = ErofsImage.of(DAMAGED.asSlice(0, cut))) {
      walk(image, cut);
    } catch (CorruptImageException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  private static void walk(ErofsImage image, long size) {
    var ahead = new ArrayDeque<Long>();
    var seen = new HashSet<Long>();
    ahead.add(image.rootNid());
    int[] entries = new int[1];
    while (!ahead.isEmpty() && entries[0] < MOST_ENTRIES) {
      long nid = ahead.pop();
      if (seen.add(nid)) {
        try {
          look(image, nid, size, ahead, entries);
        } catch (CorruptImageException e) {
          assertThat(e.getMessage()).isNotNull();
        }
      }
    }
  }

  private static void look(
      ErofsImage image, long nid, long size, ArrayDeque<Long> ahead, int[] entries)
      throws CorruptImageException {
    int type = FileMode.type(image.mode(nid));
    assertThat(image.listXattrs(nid, MemorySegment.NULL)).isNotNegative();
    if (type == FileMode.REGULAR) {
      long offset = image.dataOffset(nid);
      assertThat(offset + image.size(nid)).isLessThanOrEqualTo(image.deviceSize());
    } else if (type == FileMode.SYMLINK) {
      assertThat(image.linkTarget(nid).byteSize()).isBetween(0L, size);
    } else if (FileMode.isDirectory(image.mode(nid))) {
      long found = image.lookup(nid, NAME, 0, (int) NAME.byteSize());
      assertThat(found).isGreaterThanOrEqualTo(ErofsImage.ABSENT);
      image.forEachEntry(
          nid,
          0,
          (bytes, nameOffset, nameLength, child, kind, next) -> {
            assertThat(nameLength).isBetween(1, 255);
            assertThat(nameOffset + nameLength).isLessThanOrEqualTo(size);
            ahead.add(child);
            return ++entries[0] < MOST_ENTRIES;
          });
    }
  }

  private static MemorySegment image() {
    try {
      Path file = Files.createTempFile("fuzz-", ".erofs");
      try {
        SampleLayer.write(file);
        return Arena.global()
            .allocate(Files.size(file), 8)
            .copyFrom(MemorySegment.ofArray(Files.readAllBytes(file)));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
