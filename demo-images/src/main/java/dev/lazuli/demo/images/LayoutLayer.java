package dev.lazuli.demo.images;

/**
 * A layer that lies in an OCI layout.
 *
 * @param descriptor the blob, as it goes into the manifest
 * @param diffId digest of the uncompressed tar, as it goes into the image configuration
 * @param uncompressedSize bytes of the uncompressed tar
 */
public record LayoutLayer(BlobDescriptor descriptor, String diffId, long uncompressedSize) {}
