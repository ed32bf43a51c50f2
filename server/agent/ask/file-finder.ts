/**
 * Says of named paths whether a file is there and whether it has a mark. Opens nothing that a scan would not
 * open: streams are listed by the disk code, and the file's own content is read only when its hash is asked for,
 * only where that neither changes its access time nor brings it back from a cloud.
 */
import { createHash } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import type { NativeAddon, NativeCarrier } from '../../../native/addon.ts'
import type { AskedFile, FilesReply, FilesRequest, StoppedBy } from '../../protocol/ask.ts'
import type { VolumeId } from '../../protocol/ids.ts'
import { MAX_STREAM_NAME_UNITS } from '../../protocol/limits.ts'
import { fileNameOf, folderOf } from '../../streams/path-parts.ts'
import { parseZoneIdentifier } from '../../streams/zone-identifier.ts'
import { MAX_ZONE_IDENTIFIER_BYTES } from '../../streams/zone-identifier-limit.ts'
import type { Scope } from '../scan/scope.ts'
import { placeRefusal } from './asked-places.ts'
import { AskStopped, type RunningAsks } from './running-asks.ts'

const READ_BYTES = 256 * 1024
const MAX_STREAMS = 64

export interface FileFinderTools {
  readonly addon: NativeAddon
  readonly scope: Scope
  readonly asks: RunningAsks
}

export class FileFinder {
  readonly #tools: FileFinderTools

  constructor(tools: FileFinderTools) {
    this.#tools = tools
  }

  find(request: FilesRequest): Promise<FilesReply> {
    return this.#tools.asks.run(request.askId, request.timeMs, async (signal) => {
      const files: AskedFile[] = []
      let stopped: StoppedBy = null
      for (const path of request.paths) {
        try {
          signal.throwIfAborted()
          files.push(await this.#look(path, request, signal))
        } catch (error) {
          if (!(error instanceof AskStopped)) throw error
          stopped = error.by
          files.push(answer(path, 'not-reached'))
        }
      }
      return { files, stopped }
    })
  }

  async #look(path: string, request: FilesRequest, signal: AbortSignal): Promise<AskedFile> {
    const { addon, scope } = this.#tools
    const refusal = await placeRefusal(scope, path)
    if (refusal !== null) {
      const { state, message } = refusal
      const isSaid = state === 'absent' || state === 'outside-scope'
      return { ...answer(path, isSaid ? state : 'unreadable'), message }
    }
    let carrier: NativeCarrier | null = null
    try {
      const stats = await lstat(path)
      // Named as a target of its own, the file would be opened and read, in case it is an image.
      const folder = folderOf(path) || '/'
      const inFolder = isDriveRoot(folder) ? fileNameOf(path) : path
      const { volumeId } = await scope.probe(folder)
      carrier = await addon.openCarrier(folder, inFolder, null, scope.hints)
      const entries = await carrier.list()
      const mark = entries.find(({ name }) => name.toLowerCase() === 'zone.identifier')
      const { sizeBytes, isSameContent, message } = await contentOf(path, stats, request, signal)
      return {
        ...answer(path, mark === undefined ? 'unmarked' : 'marked'),
        message,
        volumeId: volumeId as VolumeId,
        sizeBytes,
        isSameContent,
        streams: entries
          .map(({ name }) => name.slice(0, MAX_STREAM_NAME_UNITS))
          .slice(0, MAX_STREAMS),
        origin:
          mark === undefined || mark.size > MAX_ZONE_IDENTIFIER_BYTES
            ? null
            : parseZoneIdentifier(await carrier.read(mark.name, 0, Number(mark.size))),
      }
    } catch (error) {
      if (error instanceof AskStopped) throw error
      const { code, message } = error as NodeJS.ErrnoException
      if (typeof code !== 'string') throw error
      const isGone = code === 'ADS_NOT_FOUND' || code === 'ENOENT'
      return { ...answer(path, isGone ? 'absent' : 'unreadable'), message: message.slice(0, 1_024) }
    } finally {
      carrier?.close()
    }
  }
}

function answer(path: string, state: AskedFile['state']): AskedFile {
  return {
    path,
    state,
    message: '',
    volumeId: null,
    sizeBytes: null,
    streams: [],
    origin: null,
    isSameContent: null,
  }
}

/** A volume of its own: paths in it are relative to its root. */
function isDriveRoot(folder: string): boolean {
  return /^[A-Za-z]:$/.test(folder)
}

type Content = Pick<AskedFile, 'sizeBytes' | 'isSameContent' | 'message'>

async function contentOf(
  path: string,
  stats: Stats,
  { content, hashLimitBytes }: FilesRequest,
  signal: AbortSignal,
): Promise<Content> {
  if (!stats.isFile()) return { sizeBytes: null, isSameContent: null, message: '' }
  const sizeBytes = stats.size
  const unknown = (message: string): Content => ({ sizeBytes, isSameContent: null, message })
  if (content === null) return unknown('')
  if (content.sizeBytes !== null && content.sizeBytes !== sizeBytes) {
    return { sizeBytes, isSameContent: false, message: '' }
  }
  if (sizeBytes > hashLimitBytes) return unknown('The file is too large to be hashed.')
  // A cloud file that is not here has no blocks; reading it would download it.
  if (stats.blocks * 512 < sizeBytes && process.platform === 'win32') {
    return unknown('Its content may not be on this disk, and is not fetched to be hashed.')
  }
  try {
    const isSameContent = (await hashQuietly(path, signal)) === content.sha256
    return { sizeBytes, isSameContent, message: '' }
  } catch (error) {
    if (error instanceof AskStopped) throw error
    return unknown(`The content was not hashed: ${(error as Error).message}`.slice(0, 1_024))
  }
}

/** Without a trace: O_NOATIME, which only the owner and root may use. Others get an error, not a changed time. */
async function hashQuietly(path: string, signal: AbortSignal): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NOATIME = 0, O_NONBLOCK = 0 } = constants
  const file: FileHandle = await open(path, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_NONBLOCK)
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.alloc(READ_BYTES)
    while (true) {
      signal.throwIfAborted()
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
}
