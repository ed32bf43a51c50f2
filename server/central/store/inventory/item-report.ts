/** An item as it is reported, in the parts in which it is stored; their numbers are the writer's to give. Plain data. */
import type { ReportedStream } from '../../../protocol/stream.ts'
import type { ReportText } from '../../../shared/inventory-digest.ts'
import { fileNameOf } from '../../../streams/path-parts.ts'
import { classDefinition, classOf } from './class-definition.ts'
import { hash32 } from './text-dictionaries.ts'

export interface ItemReport {
  /** See class-definition.ts. */
  classDefinition: string
  folder: string
  fileName: string
  fingerprint: number
  sizeBytes: number
  allocatedBytes: number
  isResident: boolean
  sha256: string | null
  /** Without the carrier's name, where it ends with that. */
  hostUrl: string | null
  endsWithName: boolean
  referrerUrl: string | null
  /** JSON, which escapes unpaired surrogates: exact in a TEXT column. */
  hostIp: string | null
  /** JSON; null where the only link is the path. */
  links: string | null
}

/** All of a report that makes an item: the same text for the same item. */
export function itemText({ carrier, content }: ReportText): string {
  return carrier + content
}

export function itemReportOf(stream: ReportedStream, text: ReportText): ItemReport {
  const { path, sizeBytes, allocatedBytes, isResident, sha256 } = stream
  const { hostUrl = null, referrerUrl = null, hostIpAddress = null } = stream.origin ?? {}
  const fileName = fileNameOf(path)
  const endsWithName = hostUrl !== null && fileName !== '' && hostUrl.endsWith(fileName)
  return {
    classDefinition: classDefinition(classOf(stream)),
    folder: path.slice(0, path.length - fileName.length),
    fileName,
    fingerprint: hash32(itemText(text)),
    sizeBytes,
    allocatedBytes,
    isResident,
    sha256,
    hostUrl: endsWithName ? hostUrl.slice(0, -fileName.length) : hostUrl,
    endsWithName,
    referrerUrl,
    hostIp: hostIpAddress === null ? null : JSON.stringify(hostIpAddress),
    links: hasOnlyPath(stream) ? null : JSON.stringify(stream.links),
  }
}

function hasOnlyPath({ links, path }: ReportedStream): boolean {
  return links.length === 1 && links[0] === path
}
