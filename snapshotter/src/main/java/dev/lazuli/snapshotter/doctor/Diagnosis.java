package dev.lazuli.snapshotter.doctor;

/**
 * What one check found.
 *
 * @param area what was looked at, such as {@code kernel}; several checks may have the same
 * @param health what it means
 * @param found what was found, in one line
 * @param remedy what to do about it; empty if nothing has to be done
 */
public record Diagnosis(String area, Health health, String found, String remedy) {}
