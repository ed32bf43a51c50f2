/**
 * The catalogue of stream names found in the wild: who writes each, and what is lost without it. A name
 * proves nothing, because applications may choose any (MS-FSCC 5.6): verdict.ts looks at content and
 * size first, and `unproven` names are listed to be explained, never to be trusted.
 *
 * Sources: FSCC = MS-FSCC 5.4/5.6; FSN = libfsntfs documentation; VR = Velociraptor ADSHunter's default
 * exclusions; DC = DFIR-Companion; DEF = decompiled Defender script (a hint only); OS = Open Salamander
 * source; HJT = HijackThis ADS Spy; GO = Go share auditor; L = one public allow-list.
 */

/**
 * `mark`: Zone.Identifier. `harmless`: can go. `keep`: holds data, its loss does damage. `internal`: NTFS's
 * own. `unproven`: somebody's list calls it harmless, without proof.
 */
export type KnownStreamClass = 'mark' | 'harmless' | 'keep' | 'internal' | 'unproven'

export interface KnownStream {
  /** The whole name, compared without regard to case; a RegExp is matched against the whole name. */
  readonly name: string | RegExp
  readonly writer: string
  readonly class: KnownStreamClass
  /** For people: what it holds. */
  readonly note: string
  readonly source: string
  /** A larger stream of this name is not what the name says. Absent: {@link USUAL_MAX_BYTES}, or no limit for `keep` and `internal`. */
  readonly maxBytes?: number
}

/** From here on a harmless stream is too large for what it is said to hold (DC: 64 KB is a signal). */
export const USUAL_MAX_BYTES = 64 * 1024

const MEBIBYTE = 1024 * 1024

const row = (
  name: string | RegExp,
  streamClass: KnownStreamClass,
  writer: string,
  note: string,
  source: string,
  maxBytes?: number,
): KnownStream => ({
  name,
  class: streamClass,
  writer,
  note,
  source,
  ...(maxBytes === undefined ? {} : { maxBytes }),
})

const GUID = '\\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\\}'

/** The first row that fits wins. */
export const knownStreams: readonly KnownStream[] = [
  // Windows
  row(
    'Zone.Identifier',
    'mark',
    'browsers, mail programs, Explorer, winget',
    'Mark of the Web: where the file came from.',
    'FSCC 5.6.1',
  ),
  row(
    'SmartScreen',
    'harmless',
    'Windows SmartScreen',
    'That SmartScreen has judged the file.',
    'VR, DC, L',
  ),
  row(
    'WofCompressedData',
    'keep',
    'Windows Overlay Filter',
    'The file’s own content, compressed. Without it the file is empty.',
    'FSN, VR',
  ),
  row(
    'encryptable',
    'harmless',
    'Windows shell, on Thumbs.db',
    'A flag; usually empty.',
    'FSCC 5.6.4',
  ),
  row(
    'favicon',
    'harmless',
    'Internet Explorer, on .url files',
    'The site’s icon.',
    'FSCC 5.6.5; some exceed 128 KB',
    MEBIBYTE,
  ),
  row(
    'OECustomProperty',
    'harmless',
    'Outlook Express, on .eml files',
    'Properties of a message.',
    'FSCC 5.6.2, VR',
  ),
  row(
    /(?:%%%)?OEStandardProperty/,
    'harmless',
    'Windows Live Mail',
    'Properties of a message.',
    'DEF',
  ),
  row(
    /\x05(?:Document)?SummaryInformation/,
    'keep',
    'Explorer, Office',
    'A property set: title, author, comments typed by people.',
    'FSCC 5.6.3',
  ),
  row(
    /\x05(?:BnhqlkugBim0elg1M1pt2tjdZe|SebiesnrMkudrfcoIaamtykdDa)/,
    'keep',
    'Explorer, Office',
    'A property set.',
    'FSCC 5.6.3',
  ),
  row(
    '\x05Q30lsldxJoudresxAaaqpcawXc',
    'harmless',
    'Windows 2000',
    'A thumbnail; made again when needed.',
    'OS, HJT',
    MEBIBYTE,
  ),
  row(
    '{4c8cc155-6c1e-11d1-8e41-00c04fb9386d}',
    'harmless',
    'Explorer, Office',
    'Control stream of a property set; empty.',
    'FSCC, OS',
  ),
  row(
    'Docf_\x05Bagaaqy23kudbhchAaq5u2chNd',
    'keep',
    'Windows',
    'A property bag.',
    'Microsoft property set index',
  ),
  row(
    '{59828bbb-3f72-4c1b-a420-b51ad66eb5d3}.XPRESS',
    'keep',
    'Remote Differential Compression',
    'Signatures for replication.',
    'FSCC 5.6.7, DEF',
  ),
  row(
    new RegExp(`${GUID}\\.(?:SyncRootIdentity|MetaData)`),
    'keep',
    'cloud sync clients',
    'Identity of a sync root.',
    'VR',
  ),
  row(
    'ms-properties',
    'keep',
    'OneDrive, Windows property store',
    'Properties of the file.',
    'FSN',
  ),
  row(
    /Win32App_[0-9]+/,
    'harmless',
    'Windows Storage Service, on program folders',
    'A flag on a program’s folder; empty.',
    'HJT, Wazuh issue 16851',
  ),
  row(
    /\$(?:J|Max|SDS|SDH|SII|Bad|O|Q|R|I30|TXF_DATA|DATA|Repair|Config|Info|T|Verify|Corrupt|BITMAP|SRAT|Tops)/,
    'internal',
    'NTFS',
    'Part of the volume’s own bookkeeping.',
    'FSCC 5.4, VR',
  ),

  // Sync and cloud clients
  row(
    /com\.dropbox\.attr(?:ibute)?s/,
    'harmless',
    'Dropbox',
    'Its own attributes; holds an id unique to the machine.',
    'VR, DC, PSWinGlue',
  ),
  row(
    /com\.box.*|com\.google.*|.*onedrive.*|syncflag/,
    'unproven',
    'a sync client, by its name',
    'State of a sync client.',
    'GO',
  ),

  // Macs, also through Samba's vfs_fruit
  row(
    'AFP_AfpInfo',
    'keep',
    'Macs',
    'Finder information: type, creator, labels. Always 60 bytes.',
    'FSCC 5.6.6',
    60,
  ),
  row(
    'AFP_Resource',
    'keep',
    'Macs',
    'Resource fork; can be the file’s real content.',
    'FSCC 5.6.6, Samba vfs_fruit',
  ),
  row('com.apple.quarantine', 'harmless', 'Macs', 'The Mac’s own mark of a download.', 'DC'),
  row(
    /com\.apple\.(?:FinderInfo|ResourceFork)/,
    'keep',
    'Macs',
    'Finder information or resource fork.',
    'GO',
  ),
  row('os2.ea', 'keep', 'OS/2 clients', 'Extended attributes.', 'GO'),

  // Security products
  row('KAVICHS', 'harmless', 'Kaspersky', 'Checksum of the last check; 36 or 68 bytes.', 'OS'),
  row(/K[EIA][SV]extended/, 'harmless', 'Kaspersky', 'State of the last check.', 'DEF'),

  // Other programs
  row(/evernote\.(?:metadata|base)/, 'harmless', 'Evernote', 'Its own attributes.', 'DC'),
  row(
    /xdg\.(?:origin|referrer)\.url/,
    'harmless',
    'downloaders that follow freedesktop.org',
    'Where the file came from.',
    'MyFindWin',
  ),
  row('CRC-32', 'harmless', 'zpaqfranz', 'A checksum.', 'zpaqfranz wiki'),
  row(
    'zpaqlist',
    'harmless',
    'zpaqfranz',
    'The archive’s list of files; made again when needed.',
    'zpaqfranz wiki',
    64 * MEBIBYTE,
  ),
  row('fc_verify', 'harmless', 'FastCopy', 'A checksum.', 'FastCopy issue 55'),
  row(
    /(?:CRC|MD5)[0-9]*/,
    'harmless',
    'RapidCRC, MD5Stream',
    'A checksum.',
    'RapidCRC-Unicode issue 75',
    4_096,
  ),
  row(/\$Cmd(?:TcID|ZnID)/, 'unproven', 'a file manager, by its name', 'An id.', 'L'),
  row(
    '{6e53bff5-0001-412b-8407-e3aede763511}',
    'unproven',
    'not known',
    'Named in one list only.',
    'DEF',
  ),
  row('icasource', 'unproven', 'Citrix, by its name', 'Named in one list only.', 'VR'),
  row(
    /originalpath|nsorigdir|nsph|nssync.*|cm_.*|gcdigest0|pg\$secure|logts|aidfilter/,
    'unproven',
    'SmartByte, Nutstore, CodeMeter and others',
    'Named in one list only.',
    'DEF',
  ),
  row(
    /StreamedFileState|TASKICON|ThumbnailCacheIndex|KernelValidation|CERTIFICATE|LjpMetadataAttributes|textcontent|ofs_capability|BDU|cdtag|dropboxrev|kdstream|objectid|smartlocker|writedata/,
    'unproven',
    'not known',
    'Named in one list only.',
    'L',
  ),
]
