/**
 * The native addon's whole contract: C++ that is not reachable through this file does not exist for
 * the rest of the project. Nothing but `native/scan.ts` and the agent's and CLI's disk code call it.
 *
 * Strings hold UTF-16 code units exactly as the volume stores them. Where a file system stores bytes
 * (Linux), bytes that are not UTF-8 appear as lone surrogates U+DC80..U+DCFF (the "surrogateescape"
 * rule of Python's PEP 383), and go back to the same bytes. No name passes through UTF-8 on its way.
 */
import { createRequire } from 'node:module'
import { type CarryOutColumns, carryOutOf } from './carry-out.ts'
import type { NativeMachine } from './quiet.ts'
import type { NativeService } from './service.ts'
import type { NativeWatches } from './watch.ts'

/** How a target's streams are reached. `mft` reads raw NTFS structures; the others ask the system. */
export type ProviderName = 'mft' | 'samba' | 'ntfs-3g' | 'win32'

/** What a path given by a person turned out to be. */
export interface NativeTarget {
  readonly provider: ProviderName
  /**
   * `image`: a whole volume, device or disk image; paths are relative to its root. `folder`/`file`: a part
   * of a live file system; paths are as given. A Windows volume (`C:`) is an `image` that is writable.
   */
  readonly kind: 'image' | 'folder' | 'file'
  /** For people: `NTFS`, `ext4`, `tmpfs`, … */
  readonly fileSystem: string
  /** Stable across mounts: `ntfs-<16 hex of the serial>`, `vol-<8 hex>` (Windows) or `fs-<16 hex of f_fsid>`. */
  readonly volumeId: string
  readonly label: string
  /** False where streams can be read but neither stripped nor restored. */
  readonly isWritable: boolean
}

/**
 * What a caller knows about a target that the target does not say itself. All optional, and ignored
 * where they do not concern it.
 */
export interface NativeHints {
  /**
   * smb.conf of the Samba server whose shares are looked at: it says under which xattr names and in
   * which depots streams are kept. One that cannot be read or understood fails the call. Absent:
   * /etc/samba/smb.conf where that can be read; what it leaves open is then one `unreadable` of a scan.
   */
  readonly smbConf?: string
}

/** `contentBytes` and `hash` make the scan read stream contents; both off touches only metadata. */
export interface NativeScanOptions {
  /** SHA-256 of every stream's whole content. */
  readonly hash: boolean
  /** The first this many bytes (up to 16 MiB) of each stream's content come with the batch. 0: none. */
  readonly contentBytes: number
  /** Also the volume's internal streams (`$Secure:$SDS`, `$BadClus:$Bad`, …). Images only. */
  readonly includeInternal: boolean
  /**
   * Also streams of deleted files whose MFT records still decode. Where nothing is read raw the scan fails
   * with `ADS_UNSUPPORTED`. They are for looking at: no carrier opens by their identity.
   */
  readonly includeDeleted?: boolean
  /**
   * Absolute folders (live providers) that are not entered. They are not counted as unreadable. A Windows
   * volume is walked and not read raw where there are any.
   */
  readonly exclude: readonly string[]
  /**
   * Only these carriers, at least one, and nothing below them: paths in a folder, identities on a volume or
   * image. One that is not there gives no row; folders above one on an image may give some. Hard links are those
   * among the paths: bit 5 of `flags` says that there are more.
   */
  readonly carriers?: readonly string[]
  /** Upper bound of streams in one batch, 1 to 65536. */
  readonly batchStreams: number
  /** How many threads may walk a live folder (Linux), 1 to 64; 1 if absent: the machine is others' too. */
  readonly threads?: number
  /** On threads of the lowest priority for processor and disk, and on few of them. */
  readonly background?: boolean
  /** Files and folders looked at within a second, at most. Above 0; any number if absent. */
  readonly filesPerSecond?: number
  /** Bytes read within a second, of stream contents and of raw volumes, at most. */
  readonly bytesPerSecond?: number
  /**
   * Ordinary streams come as finished lines of NDJSON ({@link NativeLines}), the others as rows. A
   * stream is ordinary only if `contentBytes` covers it. Absent: all come as rows.
   */
  readonly lines?: boolean
  /** For opening the target. */
  readonly hints?: NativeHints
}

/**
 * Some of the streams a scan found, as columns: row `i` of a string column is
 * `column.slice(ends[i - 1] ?? 0, ends[i])`. A string per column crosses the boundary instead of one
 * per field, which is most of the cost of a large scan.
 */
export interface NativeBatch {
  /** Of the rows; streams in {@link NativeBatch.lines} are not among them. */
  readonly count: number
  /** Null where the options did not ask for them. */
  readonly lines: NativeLines | null
  /** Relative to the volume root with `\` (root itself: `.`) for images; as given, with `/` (Windows: `\`), for folders. */
  readonly paths: string
  readonly pathEnds: Uint32Array
  /** All paths of the carrier, the one in `paths` included, joined by U+0000; empty where it has no other. */
  readonly links: string
  readonly linkEnds: Uint32Array
  /** Stream names without the colons and type. */
  readonly names: string
  readonly nameEnds: Uint32Array
  /**
   * Opaque, unique on its volume, changes when the file is replaced: `ntfs:<ref>`, `refs:…`, `file:…` or
   * `posix:<ino>:<birth ns>`, with `@<volume>` behind it where a target spans several volumes.
   */
  readonly identities: string
  readonly identityEnds: Uint32Array
  /** Bytes. */
  readonly sizes: BigUint64Array
  /** Bytes on disk; equals 0 for a resident stream. */
  readonly allocated: BigUint64Array
  /** Carrier's last write: nanoseconds since 1970-01-01 UTC. */
  readonly modifiedNs: BigInt64Array
  /** Bit 0: carrier is a directory. Bit 1: resident. Bit 2: `sha256` row is valid. Bit 3: content row is valid. Bit 4: deleted. Bit 5: names not in `links`. */
  readonly flags: Uint8Array
  /** 32 bytes a row, empty when `hash` is off. */
  readonly sha256: Uint8Array
  /** Content bytes of all rows after one another; see `contentEnds`. */
  readonly content: Uint8Array
  readonly contentEnds: Uint32Array
  /** Places that could not be looked at. Never silently dropped. */
  readonly unreadable: readonly NativeUnreadable[]
}

/**
 * Streams as lines of NDJSON, byte for byte as `server/cli/ndjson-listing.ts` would write them. Made on
 * the scan's own threads, of those whose line follows from simple rules; whatever could be otherwise is
 * a row, so that every oddity is judged in one place.
 */
export interface NativeLines {
  readonly count: number
  /** Taken away by the next batch: it must be used up before `next()` is called again. */
  readonly bytes: Uint8Array
  /** Row `i` of the batch comes before the line that begins at `rowOffsets[i]`. */
  readonly rowOffsets: Uint32Array
  /**
   * Names that streams of later batches may have, each told once. Whoever answers with
   * {@link NativeScan.learnName} before these come gets lines instead of rows. Not all names are told.
   */
  readonly namesToCome: readonly string[]
}

/**
 * What `server/streams` says of streams of one name that are smaller than `belowBytes`, hold nothing that
 * a computer would run and are in no place that a rule looks at.
 */
export interface NativeNameVerdict {
  readonly belowBytes: number
  readonly verdict: string
  readonly rule: string
}

/** Something the scan could not look at: everything at or below `path` is unknown, not clean. */
export interface NativeUnreadable {
  /** As in {@link NativeBatch.paths}; for a damaged MFT record `$MFT record <n>`. */
  readonly path: string
  /** Null: the carrier's streams could not be listed. Else: this stream's content could not be read. */
  readonly stream: string | null
  readonly code: NativeErrorCode
  readonly operation: string
  readonly systemCode: number
  /** For people: what was expected, what was found, where (byte offset on the volume). */
  readonly message: string
}

export interface NativeProgress {
  /** Files and directories looked at so far. */
  readonly carriersSeen: number
  readonly streamsFound: number
  readonly unreadableCount: number
  /** Known only where the size of the job is (MFT records); else null. */
  readonly fractionDone: number | null
}

export interface NativeScan {
  /**
   * The next batch, or null at the end. Natural back-pressure: the scan's own threads keep only a few
   * batches ahead of the caller. Rejects with {@link NativeError} if the scan as a whole fails
   * (`ADS_CANCELLED` after {@link NativeScan.cancel}).
   */
  next(): Promise<NativeBatch | null>
  progress(): NativeProgress
  /** From now on streams of this name, too, may be {@link NativeLines}. The first word on a name stays. */
  learnName(name: string, verdict: NativeNameVerdict): void
  /** Stands still soon, and goes on at {@link NativeScan.resume}. Both idempotent. */
  pause(): void
  resume(): void
  /** Takes effect within 100 ms; `next()` then rejects. Idempotent. */
  cancel(): void
}

export interface NativeStreamEntry {
  readonly name: string
  readonly size: bigint
  readonly allocated: bigint
  readonly isResident: boolean
}

/** What happened to a removal or replacement. `changed` and `gone` mean that nothing was touched. */
export type RemoveOutcome = 'done' | 'gone' | 'changed'

/**
 * One piece of work of {@link NativeAddon.carryOut}: on one stream of the carrier at `path`, if it still is
 * the one with this identity.
 */
export type NativeOperation = {
  readonly path: string
  readonly identity: string
  readonly stream: string
} & (
  | {
      readonly act: 'look'
      /** Its content comes along if it is no larger; up to 16 MiB. */
      readonly mostBytes: number
    }
  /** As {@link NativeCarrier.remove}. */
  | { readonly act: 'remove'; readonly expected: NativeExpected }
  /**
   * Writes other bytes into the stream if it is the expected one; then reads it again to verify. The stream
   * is never absent meanwhile. Samba's xattrs change in one call; elsewhere a crash can leave the first of
   * the new bytes before the rest of the old.
   */
  | { readonly act: 'replace'; readonly expected: NativeExpected; readonly bytes: Uint8Array }
  /** As {@link NativeCarrier.create}. */
  | { readonly act: 'create'; readonly bytes: Uint8Array }
)

export interface NativeExpected {
  readonly size: bigint
  readonly sha256: string
}

/** What came of one operation: `error` alone, or the rest. */
export interface NativeOperationResult {
  readonly error?: NativeError
  readonly outcome?: RemoveOutcome
  readonly isDirectory?: boolean
  readonly modifiedNs?: bigint
  /** `look`: absent where there is no stream of exactly this name. */
  readonly size?: number
  /** `look`: the whole stream, and its SHA-256; absent where it is larger than `mostBytes`. */
  readonly content?: Uint8Array
  readonly sha256?: string
  /** `look`, where there is no stream of exactly this name: those that there are. */
  readonly names?: readonly string[]
}

/**
 * One open carrier. All work is done on the handle opened once (relative to directory handles, no link
 * ever followed), so that a path swapped meanwhile cannot redirect it. Close it soon: an open handle can
 * block its owner's rename.
 */
export interface NativeCarrier {
  readonly identity: string
  readonly kind: 'file' | 'directory'
  readonly modifiedNs: bigint
  /** Named streams only. Rejects where the listing failed: an empty answer means there are none. */
  list(): Promise<NativeStreamEntry[]>
  /** At most `length` (up to 64 MiB) bytes from `offset`; fewer only at the stream's end. */
  read(name: string, offset: number, length: number): Promise<Uint8Array>
  /** Lower-case hex SHA-256 of the whole content. */
  hash(name: string): Promise<string>
  /**
   * Removes one named stream if, re-read in this very call, its size and SHA-256 are the expected ones;
   * then lists again to verify. The carrier's content, times and attributes stay as they were (on
   * Linux the inode change time moves; nothing can prevent that).
   */
  remove(name: string, expected: NativeExpected): Promise<RemoveOutcome>
  /** Creates the stream with exactly these bytes; the carrier's times stay. `ADS_EXISTS` if it is there. */
  create(name: string, bytes: Uint8Array): Promise<void>
  /** Idempotent. Calls after it reject. */
  close(): void
}

/**
 * Why only a full scan knows what changed on a volume:
 * `no-checkpoint` none was given, or it cannot be understood; `other-volume` it is another volume's;
 * `no-journal` the file system has none; `journal-not-active`; `journal-being-deleted`;
 * `journal-recreated` it was deleted and made anew; `journal-wrapped` what followed the checkpoint was dropped
 * for newer records; `journal-interrupted` changes may have gone unrecorded since; `journal-rewound` the
 * checkpoint lies ahead of the journal, as after restoring a volume; `unknown-records` of a version that this
 * build does not know; `unreadable-records` that contradict themselves; `too-many-changes` a scan is cheaper.
 */
export type MustScanReason =
  | 'no-checkpoint'
  | 'other-volume'
  | 'no-journal'
  | 'journal-not-active'
  | 'journal-being-deleted'
  | 'journal-recreated'
  | 'journal-wrapped'
  | 'journal-interrupted'
  | 'journal-rewound'
  | 'unknown-records'
  | 'unreadable-records'
  | 'too-many-changes'

/** One file or folder whose streams, names or existence may have changed. The journal never names a stream. */
export interface NativeChangedFile {
  /** As in {@link NativeBatch.identities}. */
  readonly identity: string
  /** Of the folder that it was in at the last of its changes. */
  readonly parentIdentity: string
  /** Its last name; empty where the journal told none. */
  readonly name: string
  readonly isDirectory: boolean | null
  /** All reasons of its changes, `USN_REASON_…` joined with `|`: set whether or not the change took effect. */
  readonly reasons: number
}

export interface NativeChanges {
  /** Null: `files` is all that changed since the checkpoint. Else `files` is empty. */
  readonly mustScan: MustScanReason | null
  /**
   * For the next call; to be kept in the same transaction as what this one led to. Where a scan must be made, it
   * is of before that scan, so that what changes meanwhile is told by the next call. Null: there is no journal.
   */
  readonly checkpoint: string | null
  readonly files: readonly NativeChangedFile[]
}

export type NativeErrorCode =
  | 'ADS_ACCESS_DENIED'
  | 'ADS_NOT_FOUND'
  /** The target is no NTFS volume or image, and no place that can hold streams. */
  | 'ADS_NOT_A_SOURCE'
  /** Known, but not readable by this build: BitLocker, VHDX, the kernel's ntfs3 driver, … */
  | 'ADS_UNSUPPORTED'
  /** On-disk structures contradict themselves, or end early. */
  | 'ADS_CORRUPT'
  | 'ADS_READ_ONLY'
  /** The carrier at this path is not the expected one any more. */
  | 'ADS_IDENTITY_CHANGED'
  | 'ADS_IN_USE'
  /** It will go when the last program that has it open closes it, and no other can open it. */
  | 'ADS_DELETE_PENDING'
  | 'ADS_EXISTS'
  | 'ADS_INVALID_NAME'
  /** The file system has no room for the stream (ext4 keeps xattrs in one block). */
  | 'ADS_NO_SPACE'
  | 'ADS_CANCELLED'
  | 'ADS_IO'

/** How every native call fails. Branch on `code`; log the rest. The message is fit for people. */
export interface NativeError extends Error {
  readonly code: NativeErrorCode
  /** `GetLastError()`/NTSTATUS on Windows, `errno` elsewhere; 0 if the system said nothing. */
  readonly systemCode: number
  /** What was being attempted: `open`, `list`, `read`, `remove`, … */
  readonly operation: string
}

export interface NativeAddon {
  /** Finds out what `path` is. Follows a symbolic link given as the target itself, none below it. */
  probe(path: string, hints?: NativeHints): Promise<NativeTarget>
  /** Starts at once on threads of its own. */
  startScan(path: string, options: NativeScanOptions): NativeScan
  /**
   * Opens one carrier of a target. `path` as in {@link NativeBatch.paths}. With `identity` the carrier
   * must still be that one (`ADS_IDENTITY_CHANGED` else); a raw image then needs no path lookup.
   */
  openCarrier(
    target: string,
    path: string,
    identity: string | null,
    hints?: NativeHints,
  ): Promise<NativeCarrier>
  /**
   * Many operations in one call, in their order, each on a handle that is open for it alone. One that
   * fails does not stop the others. Rejects where the target cannot be opened.
   */
  carryOut(
    target: string,
    operations: readonly NativeOperation[],
    hints?: NativeHints,
  ): Promise<NativeOperationResult[]>
}

/** Apart from NativeAddon: a scan and a carrier are of every file system, a journal of NTFS and ReFS alone. */
export interface NativeJournals {
  /**
   * What changed on a volume (`C:`, or an image of one) since the checkpoint, by its change journal. Rejects
   * only where the journal should have been readable and was not (`ADS_ACCESS_DENIED`, `ADS_IO`), and with
   * `ADS_UNSUPPORTED` for a folder.
   */
  readChanges(target: string, checkpoint: string | null): Promise<NativeChanges>
}

/** What an agent works with. */
export type AgentAddon = NativeAddon & NativeJournals & NativeWatches & NativeMachine

/** Loads the addon, or throws one error that says what was tried and what to do. */
export function loadAddon(): AgentAddon & NativeService {
  const require = createRequire(import.meta.url)
  const candidates = [
    `./prebuilds/${process.platform}-${process.arch}/sidestream.node`,
    // Cross-compiled: scripts/build-windows-addon.sh.
    `../build/${process.platform}-${process.arch}/sidestream.node`,
    '../build/Release/sidestream.node',
  ]
  for (const candidate of candidates) {
    try {
      return toContract(require(candidate))
    } catch (error) {
      // Absent is fine, try the next. Present but broken must not read as "not built".
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new Error(
    `No native addon for ${process.platform}-${process.arch}. Tried: ${candidates.join(', ')}. ` +
      'Run "npm run setup"; it needs python3, make and a C++20 compiler (see CONTRIBUTING.md).',
  )
}

type Exports = Omit<ReturnType<typeof loadAddon>, 'carryOut'> & {
  readonly carryOut: CarryOutColumns
}

function toContract(native: Exports): ReturnType<typeof loadAddon> {
  return { ...native, carryOut: carryOutOf(native.carryOut) }
}
