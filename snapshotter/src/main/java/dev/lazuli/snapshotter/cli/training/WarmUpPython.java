package dev.lazuli.snapshotter.cli.training;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** The Python library of the training run: packages with sources and with byte code. */
final class WarmUpPython {
  private static final String LIBRARY = "usr/lib/python3.11/";

  /** MAGIC_NUMBER of CPython 3.11, importlib/_bootstrap_external.py. */
  private static final short MAGIC = 3495;

  /** Operations of CPython 3.11, Lib/opcode.py. */
  private static final byte LOAD_CONST = 100;

  private static final byte IMPORT_NAME = 108;

  private WarmUpPython() {}

  /** Adds a program, {@code /main.py}, and a library to a tree. */
  static ImageTree addTo(ImageTree tree) {
    tree.file("main.py", "import json, warm.up as w\nfrom . import a\ndef f():\n  import os\n");
    for (var module : List.of("encodings", "json", "warm")) {
      var directory = LIBRARY + module;
      tree.file(directory + "/__init__.py", "from ." + module + " import x\nimport os\n");
      tree.file(directory + "/" + module + ".py", "import re\n" + "# filled\n".repeat(900));
      tree.file(directory + "/__pycache__/" + module + ".cpython-311.pyc", importing("re"));
      // What lies between files that are wanted makes requests of several ranges.
      tree.file(directory + "/data", FileContent.generated(1 << 20, module.length()));
    }
    return tree.file(LIBRARY + "os.py", "import re, sys\n")
        .file(LIBRARY + "re.py", "x = 1\n")
        .file(LIBRARY + "site-packages/warm.pth", "../warm\nimport json\n");
  }

  /** Returns byte code that imports a module, whatever its source is (PEP 552). */
  private static FileContent importing(String module) {
    var bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putShort(MAGIC).put((byte) '\r').put((byte) '\n').putInt(1).putLong(0);
    bytes.put((byte) 'c').position(bytes.position() + 5 * Integer.BYTES);
    byte[] code = {LOAD_CONST, 0, LOAD_CONST, 1, IMPORT_NAME, 0};
    bytes.put((byte) 's').putInt(code.length).put(code);
    bytes.put((byte) ')').put((byte) 2).put((byte) 'i').putInt(0).put((byte) 'N');
    bytes.put((byte) ')').put((byte) 1).put((byte) 'z').put((byte) module.length());
    bytes.put(module.getBytes(US_ASCII)).put("NNNNN".getBytes(US_ASCII)).putInt(1);
    bytes.put("NN".getBytes(US_ASCII));
    return FileContent.of(Arrays.copyOf(bytes.array(), bytes.position()));
  }
}
