/** Some faults (another user's file, a full file system, a mount) can only be made by root. */
export const isRoot = process.getuid?.() === 0
