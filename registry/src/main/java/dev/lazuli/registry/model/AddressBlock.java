package dev.lazuli.registry.model;

import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/** A block of IP addresses, {@code 10.0.0.0/8} or {@code fd00::/8}. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record AddressBlock(byte[] address, int prefix) {
  private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

  static Optional<AddressBlock> parse(String text) {
    int slash = text.indexOf('/');
    try {
      int prefix = Integer.parseInt(text.substring(slash + 1));
      return literal(text.substring(0, slash))
          .filter(address -> prefix >= 0 && prefix <= 8 * address.length)
          .map(address -> new AddressBlock(address, prefix));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Returns whether {@code host} is an IP address of this block; names are never looked up. */
  boolean contains(String host) {
    return literal(host).map(this::containsAddress).orElse(false);
  }

  private boolean containsAddress(byte[] other) {
    if (other.length != address.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit++) {
      int mask = 0x80 >> (bit & 7);
      if (((other[bit >> 3] ^ address[bit >> 3]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  private static Optional<byte[]> literal(String text) {
    String bare =
        text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
    if (!LITERAL.matcher(bare).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.ofLiteral(bare).getAddress());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
