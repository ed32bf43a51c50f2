/**
 * No Zone.Identifier is longer: 7-Zip ignores a larger one too; real ones have 26 bytes to a few KiB. No
 * rule looks further into any stream. In a file of its own for who needs only to know how much to read.
 */
export const MAX_ZONE_IDENTIFIER_BYTES = 32 * 1024
