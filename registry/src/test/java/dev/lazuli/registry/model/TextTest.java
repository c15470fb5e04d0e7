package dev.lazuli.registry.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class TextTest {
  @Test
  void reason_says_what_is_wrong_with_a_file_not_only_which() {
    assertThat(Text.reason(new NoSuchFileException("/a"))).isEqualTo("no such file: /a");
    assertThat(Text.reason(new AccessDeniedException("/a"))).isEqualTo("permission denied: /a");
    assertThat(Text.reason(new FileSystemException("/a", null, "Read-only file system")))
        .isEqualTo("/a: Read-only file system");
    assertThat(Text.reason(new UnknownHostException("h"))).isEqualTo("unknown host: h");
    assertThat(Text.reason(new IOException("why"))).isEqualTo("why");
    assertThat(Text.reason(new IOException())).isEqualTo("java.io.IOException");
  }
}
