/**
 * The fields of the query language: one table for the parser, for suggestions in the console and for
 * the documentation. Loads nothing but types, so that a page can show it without the parser.
 */
import type { TextField } from './ast.ts'

export interface TextFieldInfo {
  readonly name: Exclude<TextField, 'any'>
  readonly type: 'text'
  /** `contains`: a value without a wildcard may match anywhere; `whole`: it must match all of it. */
  readonly match: 'contains' | 'whole'
  /** Where the inventory has only these: a misspelled one would silently find nothing. */
  readonly values?: readonly string[]
  /** Nobody keeps it centrally: only a live query, which the machines answer themselves, can have it. */
  readonly isLiveOnly?: true
  readonly description: string
  readonly example: string
}

export interface RangeFieldInfo {
  readonly name: 'zone' | 'size' | 'first' | 'seen' | 'gone'
  readonly type: 'zone' | 'size' | 'time'
  readonly description: string
  readonly example: string
}

export type FieldInfo = TextFieldInfo | RangeFieldInfo

const text = (
  name: TextFieldInfo['name'],
  match: TextFieldInfo['match'],
  description: string,
  example: string,
  values?: readonly string[],
): TextFieldInfo => ({
  name,
  type: 'text',
  match,
  description,
  example,
  ...(values === undefined ? {} : { values }),
})

export const fields: readonly FieldInfo[] = [
  text('machine', 'whole', 'Host name or id of the machine', 'machine:pc-0*'),
  text('label', 'whole', 'Label of the machine', 'label:finance'),
  text('path', 'contains', 'Path of the carrier', 'path:C:\\Users\\bob'),
  text('dir', 'contains', 'Folder of the carrier', 'dir:Downloads'),
  text('name', 'whole', 'File name of the carrier', 'name:setup*.exe'),
  text('ext', 'whole', 'Extension of the carrier', 'ext:exe'),
  text('stream', 'whole', 'Name of the stream', 'stream:Zone.Identifier'),
  { name: 'size', type: 'size', description: 'Size of the stream', example: 'size:>64kb' },
  { name: 'zone', type: 'zone', description: 'Zone of the mark', example: 'zone:3' },
  text('host', 'whole', 'Host name of the download URL', 'host:*.example.com'),
  text('referrer', 'contains', 'Page or archive that led to it', 'referrer:sharepoint'),
  text('writer', 'contains', 'Store app that wrote the mark', 'writer:MicrosoftEdge'),
  text('verdict', 'whole', 'What the stream is', 'verdict:suspicious', [
    'mark',
    'harmless',
    'keep',
    'suspicious',
    'unknown',
  ]),
  text('rule', 'whole', 'Rule that gave the verdict', 'rule:content-*'),
  text('sha256', 'whole', 'SHA-256 of the content', 'sha256:9f86d0*'),
  text('kind', 'whole', 'What the carrier is', 'kind:directory', ['file', 'directory']),
  text('volume', 'whole', 'Id of the volume', 'volume:ntfs-*'),
  { name: 'first', type: 'time', description: 'First seen', example: 'first:<7d' },
  { name: 'seen', type: 'time', description: 'Last seen', example: 'seen:>30d' },
  { name: 'gone', type: 'time', description: 'Found gone', example: 'gone:<1d' },
  {
    ...text('content', 'contains', 'Text in the first 32 KiB of the content', 'content:powershell'),
    isLiveOnly: true,
  },
]

export function findField(name: string): FieldInfo | undefined {
  const wanted = name.toLowerCase()
  return fields.find((field) => field.name === wanted)
}
