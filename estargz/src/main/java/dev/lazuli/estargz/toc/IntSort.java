package dev.lazuli.estargz.toc;

import java.util.function.IntBinaryOperator;

/**
 * Sorts ints that stand for rows elsewhere: a bottom-up merge sort, stable, n log n for any input,
 * and one pass over what is in order already, as most TOCs are. Keeps its spare rows for the next
 * sort.
 */
final class IntSort implements AutoCloseable {
  private final RowTable spare;

  IntSort(IndexSpace space) {
    spare = space.scratch(Integer.BYTES);
  }

  /** Sorts rows {@code from} to {@code to} (exclusive) of one-int rows. */
  void sort(RowTable ints, int from, int to, IntBinaryOperator order) {
    if (isSorted(ints, from, to, order)) {
      return;
    }
    spare.addUpTo(to - from);
    for (long run = 1; run < to - from; run *= 2) {
      for (long left = from; left + run < to; left += 2 * run) {
        var middle = (int) (left + run);
        merge(ints, (int) left, middle, (int) Math.min(to, middle + run), order);
      }
    }
  }

  private static boolean isSorted(RowTable ints, int from, int to, IntBinaryOperator order) {
    for (int i = from + 1; i < to; i++) {
      if (order.applyAsInt(ints.getInt(i - 1, 0), ints.getInt(i, 0)) > 0) {
        return false;
      }
    }
    return true;
  }

  private void merge(RowTable ints, int from, int middle, int to, IntBinaryOperator order) {
    var kept = middle - from;
    for (int i = 0; i < kept; i++) {
      spare.setInt(i, 0, ints.getInt(from + i, 0));
    }
    var left = 0;
    var right = middle;
    for (int out = from; left < kept; out++) {
      var a = spare.getInt(left, 0);
      if (right < to && order.applyAsInt(a, ints.getInt(right, 0)) > 0) {
        ints.setInt(out, 0, ints.getInt(right++, 0));
      } else {
        ints.setInt(out, 0, a);
        left++;
      }
    }
  }

  @Override
  public void close() {
    spare.close();
  }
}
